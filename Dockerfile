# Smart WiFi: portal, RADIUS, content filter and controller in one image.
# The image has Node 24 itself, so the pinned `node` package (a devDependency) stays out.
# State (database, key, lists) lies in one volume, /var/lib/smartwifi.

FROM node:24-slim AS dependencies
WORKDIR /opt/smartwifi
COPY package.json package-lock.json ./
# better-sqlite3 brings its binaries for Linux inside the package: nothing is compiled or downloaded.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production \
    SMARTWIFI_CONFIG=/etc/smartwifi/smartwifi.yaml
WORKDIR /opt/smartwifi
# Ports below 1024 (RADIUS is above, DNS and the portal may be below) without running as root:
# compose.yaml grants NET_BIND_SERVICE, which reaches a non-root user only through the file.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libcap2-bin \
    && setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v node)")" \
    && apt-get purge -y -qq libcap2-bin && apt-get autoremove -y -qq \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/smartwifi --shell /usr/sbin/nologin smartwifi \
    && install -d -o smartwifi -g smartwifi -m 0700 /var/lib/smartwifi \
    && install -d -m 0755 /etc/smartwifi
COPY --from=dependencies /opt/smartwifi/node_modules ./node_modules
COPY . .
RUN install -m 0644 config/examples/container.yaml /etc/smartwifi/smartwifi.yaml
USER smartwifi
VOLUME /var/lib/smartwifi
# Portal, RADIUS, DNS; metrics stay on loopback.
EXPOSE 8080/tcp 1812/udp 1813/udp 53/udp 53/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz', { signal: AbortSignal.timeout(4000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "scripts/cli.ts"]
CMD ["serve"]
