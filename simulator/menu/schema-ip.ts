/** Addressing, DHCP, DNS, services, RADIUS client and IPv6 settings. */
import { type Menu, menu } from './schema-parse.ts';

const DHCP_MENUS: readonly Menu[] = [
  menu(
    '/ip/dhcp-client',
    'dis com dyn cmd=unset key=interface unique=interface:dhcp-client_on_that_interface_already_exists',
    `
    interface ref:/interface req
    name text @7.22
    add-default-route bool|special-classless =true
    default-route-distance int:1..255 =1
    default-route-tables text = @7.18
    use-peer-dns,use-peer-ntp bool =true
    dhcp-options set:hostname,clientid,clientid_duid =hostname,clientid unset
    script text
    check-gateway |arp|bfd|none|ping =none @7.20
    allow-reconfigure bool =false @7.20
    dscp int:0..63 =0 @7.20
    use-broadcast |always|both|never =both @7.20
    vlan-priority int:0..7 =0 @7.20
    invalid ro =false
    status ro =searching...
    address,gateway,netmask,dhcp-server,primary-dns,secondary-dns,primary-ntp,expires-after ro`,
  ),
  menu(
    '/ip/dhcp-server',
    'dis com dyn auto=dhcp unique=name:already_have_server_with_such_name',
    `
    name text
    interface ref:/interface req
    address-pool ref:/ip/pool|static-only =static-only
    lease-time time =10m
    lease-script text =
    relay,server-address ip unset
    authoritative bool|after-10sec-delay|after-2sec-delay =true
    bootp-support |dynamic|none|static unset
    bootp-lease-time time|forever|lease-time =forever
    always-broadcast,conflict-detection,allow-dual-stack-queue,use-framed-as-classless bool unset
    add-arp bool
    address-lists text @7.18
    client-mac-limit int|unlimited unset
    delay-threshold time|none unset
    dhcp-option-set ref:/ip/dhcp-server/option/sets|none unset
    insert-queue-before text unset
    parent-queue ref:/queue/simple|none unset
    use-radius bool|accounting =false
    use-reconfigure bool @7.20
    invalid ro =false`,
  ),
  menu(
    '/ip/dhcp-server/network',
    'com dyn cmd=unset unique=address:already_have_such_network',
    `
    address prefix req
    gateway,dns-server,ntp-server,wins-server ip* =
    caps-manager ip* =
    netmask int:0..32 unset
    next-server ip unset
    dns-none bool =false
    ntp-none bool @7.20
    domain,boot-file-name text =
    dhcp-option ref*:/ip/dhcp-server/option =
    dhcp-option-set ref:/ip/dhcp-server/option/sets|none =`,
  ),
  menu(
    '/ip/dhcp-server/lease',
    'dis com dyn evictable cmd=unset key=server+mac-address unique=server+address:already_have_such_lease',
    `
    address ip req
    mac-address mac unset
    client-id text unset
    server ref:/ip/dhcp-server|all =all
    address-lists text =
    lease-time time
    dhcp-option ref*:/ip/dhcp-server/option =
    rate-limit text
    block-access,always-broadcast,use-src-mac bool
    status,expires-after,last-seen,age,host-name,class-id,active-address,active-mac-address ro
    active-client-id,active-server,src-mac-address,radius,blocked ro`,
  ),
  menu(
    '/ip/dhcp-server/option',
    'com auto=option unique=name:already_have_option_with_such_name',
    `
    name text
    code int:1..254|vendor-specific req
    value text =
    raw-value ro
    force bool =false`,
  ),
  menu(
    '/ip/dhcp-server/option/sets',
    'auto=set unique=name:already_have_option_set_with_such_name',
    `
    name text req
    options ref*:/ip/dhcp-server/option =
    comment text unset @7.24`,
  ),
];

const DNS_MENUS: readonly Menu[] = [
  menu(
    '/ip/dns',
    'single',
    `
    servers ip* =
    dynamic-servers ro =
    use-doh-server text =
    verify-doh-cert,allow-remote-requests bool =false
    doh-max-server-connections int =5
    doh-max-concurrent-queries int =50
    doh-timeout time =5s
    max-udp-packet-size int:50..65507 =4096
    query-server-timeout time =2s
    query-total-timeout time =10s
    max-concurrent-queries int:1..65535 =100
    max-concurrent-tcp-sessions int:1..65535 =20
    cache-size int:64..4294967 =2048
    cache-max-ttl time =1w
    address-list-extra-time time =0s
    vrf text =main
    mdns-repeat-ifaces ref*:/interface =
    cache-used ro =44`,
  ),
  menu(
    '/ip/dns/static',
    'ordered dis com dyn unique=name+regexp+type+address+cname+forward-to+text:entry_already_exists',
    `
    name,regexp text
    type |A|AAAA|CNAME|FWD|MX|NS|NXDOMAIN|SRV|TXT =A
    address text
    cname,forward-to,mx-exchange,ns,srv-target,text text
    mx-preference,srv-port,srv-priority,srv-weight int:0..65535
    ttl time =1d
    match-subdomain bool =false
    address-list text`,
  ),
  menu(
    '/ip/dns/adlist',
    'dis com',
    `
    url,file text =
    ssl-verify bool =true
    match-count,name-count ro =0`,
  ),
  menu('/ip/dns/cache', 'view key=name+type+data', 'name,type,data,ttl,static ro'),
];

export const IP_MENUS: readonly Menu[] = [
  menu(
    '/ip/address',
    'dis com dyn key=address+interface unique=address:already_have_such_address',
    `
    address ifaddr req
    network ip
    interface ref:/interface req
    actual-interface ro
    invalid,slave ro =false`,
  ),
  menu(
    '/ip/route',
    'dis com dyn cmd=unset key=dst-address+gateway',
    `
    dst-address prefix =0.0.0.0/0
    routing-table ref:/routing/table =main
    gateway text
    immediate-gw ro
    pref-src ip
    distance int:1..255 =1
    scope int:0..255 =30
    target-scope int:0..255 =10
    check-gateway |arp|none|ping unset
    blackhole text unset
    active,static,inactive,connect,dhcp,hw-offloaded ro`,
  ),
  menu(
    '/ip/pool',
    'com auto=pool unique=name:already_have_pool_with_such_name',
    `
    name text
    ranges range* req
    next-pool ref:/ip/pool|none
    total,used,available ro`,
  ),
  menu(
    '/ip/arp',
    'dis com dyn evictable key=address+interface unique=address+interface:already_have_such_address',
    `
    address ip req
    mac-address mac =00:00:00:00:00:00
    interface ref:/interface req
    published bool =false
    invalid,dhcp,complete ro =false
    status ro`,
  ),
  ...DHCP_MENUS,
  ...DNS_MENUS,
  menu(
    '/ip/service',
    'fixed dis dyn key=name+remote',
    `
    name ro
    port int:1..65535
    proto ro =tcp
    address prefix* =
    certificate text|none
    tls-version |any|only-1.2
    vrf text =main
    max-sessions int:1..1000 =20
    invalid ro =false
    connection,local,remote ro`,
  ),
  menu(
    '/ip/ssh',
    'single',
    `
    forwarding-enabled |no|local|remote|both =no
    always-allow-password-login,allow-none-crypto bool =false <7.18
    strong-crypto bool =false
    ciphers set:auto,3des-cbc,aes-cbc,aes-ctr,aes-gcm,null =auto @7.18
    host-key-size |1024|1536|2048|4096|8192 =2048
    host-key-type |ed25519|rsa =rsa
    password-authentication bool|yes-if-no-key =yes-if-no-key @7.22
    publickey-authentication-options text =none @7.22`,
  ),
  menu(
    '/ip/neighbor/discovery-settings',
    'single',
    `
    discover-interface-list !ref:/interface/list =static
    lldp-mac-phy-config,lldp-max-frame-size,lldp-vlan-info bool =false
    lldp-med-net-policy-vlan int:1..4094|disabled =disabled
    protocol set:cdp,lldp,mndp =cdp,lldp,mndp
    mode |rx-only|tx-and-rx|tx-only =tx-and-rx
    discover-interval time =30s`,
  ),
  menu(
    '/ipv6/settings',
    'single',
    `
    disable-ipv6 bool =false
    forward bool =true
    accept-redirects |no|yes-if-forwarding-disabled =yes-if-forwarding-disabled
    accept-router-advertisements |no|yes|yes-if-forwarding-disabled =yes-if-forwarding-disabled
    max-neighbor-entries int =8192
    disable-link-local-address bool =false @7.18
    allow-fast-path bool =true @7.18
    multipath-hash-policy |l3|l3-inner|l4 =l3`,
  ),
  menu(
    '/radius',
    'ordered dis com',
    `
    service set:ppp,login,hotspot,wireless,dhcp,ipsec,dot1x =
    called-id,domain,realm text =
    address ip =0.0.0.0
    secret text = secret
    authentication-port int:1..65535 =1812
    accounting-port int:1..65535 =1813
    timeout time =300ms
    accounting-backup bool =false
    src-address ip =0.0.0.0
    protocol |radsec|udp =udp
    certificate text|none =none
    require-message-auth |no|yes-for-request-resp =yes-for-request-resp
    radsec-timeout time =3s300ms @7.20
    status ro`,
  ),
  menu(
    '/radius/incoming',
    'single',
    `
    accept bool =false
    port int:1..65535 =3799
    vrf text =main`,
  ),
];
