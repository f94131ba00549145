/**
 * FreeRADIUS's configuration directory: one virtual server with an authentication and an accounting
 * port, replies signed, everything else as its package ships it (schema, queries, thread pool).
 */
import { SECRET, SERVER_ADDRESS } from './people.ts';

export type Backend =
  | { readonly kind: 'files' }
  | { readonly kind: 'sqlite'; readonly file: string; readonly threads: 'many' | 'one' }
  | { readonly kind: 'postgres'; readonly conninfo: string };

export interface Ports {
  readonly auth: number;
  readonly acct: number;
}

/** Where Debian's package keeps the schema, the queries and the policies that we include. */
export const SHIPPED = '/etc/freeradius/3.0';
/** `max_requests`: the shipped 16384 fills above 3,300 requests/s at a `cleanup_delay` of 5 s. */
const MAX_REQUESTS = 131_072;
const RECEIVE_BYTES = 4 << 20;

/** `radiusd.conf`, whole. */
export function radiusdConf(directory: string, ports: Ports, backend: Backend): string {
  const source = backend.kind === 'files' ? 'files' : 'sql';
  return `
prefix = /usr
exec_prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = ${directory}
confdir = ${directory}
modconfdir = ${SHIPPED}/mods-config
logdir = ${directory}
run_dir = ${directory}
name = freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = ${MAX_REQUESTS}
hostname_lookups = no
proxy_requests = no
${section('log', { auth: 'no' })}
${section('security', { max_attributes: 200, reject_delay: 1, status_server: 'yes' })}
${section('client loopback', {
  ipaddr: '127.0.0.0/8',
  secret: SECRET,
  require_message_authenticator: 'yes',
})}
${section('thread pool', poolOf(backend))}
modules {
pap {
}
chap {
}
expr {
}
${sourceModule(directory, backend)}
}
policy {
$INCLUDE ${SHIPPED}/policy.d/accounting
}
server bench {
${section('listen', { type: 'auth', ...listenOn(ports.auth) })}
${section('listen', { type: 'acct', ...listenOn(ports.acct) })}
authorize {
  chap
  ${source}
  pap
}
authenticate {
  Auth-Type PAP {
    pap
  }
  Auth-Type CHAP {
    chap
  }
}
preacct {
  acct_unique
}
accounting {
  ${source === 'sql' ? 'sql' : ''}
}
post-auth {
  update reply {
    &Message-Authenticator := 0x00
  }
}
}
`;
}

type Settings = Readonly<Record<string, string | number>>;

/** One setting a line, which the format asks for. */
function section(name: string, settings: Settings): string {
  const lines = Object.entries(settings).map(([key, value]) => `  ${key} = ${value}`);
  return `${name} {\n${lines.join('\n')}\n}`;
}

function listenOn(port: number): Settings {
  return { ipaddr: SERVER_ADDRESS, port, recv_buff: RECEIVE_BYTES };
}

function poolOf(backend: Backend): Settings {
  const one = backend.kind === 'sqlite' && backend.threads === 'one';
  return {
    start_servers: one ? 1 : 5,
    max_servers: one ? 1 : 32,
    min_spare_servers: one ? 1 : 3,
    max_spare_servers: one ? 1 : 10,
  };
}

function sourceModule(directory: string, backend: Backend): string {
  switch (backend.kind) {
    case 'files':
      return section('files', { filename: `${directory}/users` });
    case 'sqlite': {
      const connections =
        backend.threads === 'one'
          ? { start: 1, min: 1, max: 2, spare: 1 }
          : { start: 5, min: 3, max: 40, spare: 10 };
      return sqlModule(
        'sqlite',
        { radius_db: '"radius"', open_query: '"PRAGMA synchronous=NORMAL"' },
        connections,
        section('sqlite', { filename: `"${backend.file}"`, busy_timeout: 5000 }),
      );
    }
    case 'postgres':
      return sqlModule(
        'postgresql',
        { radius_db: `"${backend.conninfo}"` },
        { start: 5, min: 3, max: 32, spare: 10 },
        '',
      );
  }
}

function sqlModule(
  dialect: 'sqlite' | 'postgresql',
  database: Settings,
  connections: Settings,
  driver: string,
): string {
  const tables = {
    acct_table1: 'radacct',
    acct_table2: 'radacct',
    postauth_table: 'radpostauth',
    authcheck_table: 'radcheck',
    groupcheck_table: 'radgroupcheck',
    authreply_table: 'radreply',
    groupreply_table: 'radgroupreply',
    usergroup_table: 'radusergroup',
    client_table: 'nas',
  };
  const settings = Object.entries({
    dialect,
    driver: `rlm_sql_${dialect}`,
    ...database,
    ...tables,
    read_clients: 'no',
    group_attribute: 'SQL-Group',
  }).map(([key, value]) => `${key} = ${value}`);
  return `sql {
${settings.join('\n')}
${driver}
${section('pool', { ...connections, uses: 0, lifetime: 0, idle_timeout: 60 })}
$INCLUDE ${SHIPPED}/mods-config/sql/main/${dialect}/queries.conf
}`;
}
