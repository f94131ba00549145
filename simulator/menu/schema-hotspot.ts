/** `/ip/hotspot`: servers, profiles, users, sessions and what may pass without a login. */
import { type Menu, menu } from './schema-parse.ts';
import { IP_PROTOCOLS, MAC_FORMATS } from './schema-words.ts';

export const HOTSPOT_MENUS: readonly Menu[] = [
  menu(
    '/ip/hotspot',
    'dis auto=hotspot unique=name:already_have_hotspot_server_with_such_name',
    `
    name text
    interface ref:/interface req
    address-pool ref:/ip/pool|none =none
    profile ref:/ip/hotspot/profile =default
    addresses-per-mac int:1..65535|unlimited =2
    idle-timeout time|none =5m
    keepalive-timeout,login-timeout time|none =none
    invalid,HTTPS ro =false
    proxy-status ro =running
    ip-of-dns-name ro`,
  ),
  menu(
    '/ip/hotspot/profile',
    'auto=hsprof unique=name:already_have_profile_with_such_name',
    `
    name text
    hotspot-address ip =0.0.0.0
    dns-name text =
    html-directory text =hotspot
    html-directory-override text =
    install-hotspot-queue bool =false
    http-proxy text =0.0.0.0:0
    smtp-server ip =0.0.0.0
    login-by set:mac,cookie,http-chap,https,http-pap,trial,mac-cookie =cookie,http-chap
    http-cookie-lifetime time =3d
    mac-auth-mode |mac-as-username|mac-as-username-and-password =mac-as-username
    mac-auth-password text secret
    ssl-certificate text|none =none
    rate-limit text
    split-user-domain bool =false
    trial-uptime-limit time =30m
    trial-uptime-reset time =1d
    trial-user-profile ref:/ip/hotspot/user/profile =default
    use-radius bool =false
    radius-accounting bool =true
    radius-interim-update time|received =received
    nas-port-type |cable|ethernet|wireless-802.11 =wireless-802.11
    radius-default-domain,radius-location-id,radius-location-name text =
    radius-mac-format |${MAC_FORMATS} =XX:XX:XX:XX:XX:XX
    default ro =false`,
  ),
  menu(
    '/ip/hotspot/user',
    'dis com dyn unique=server+name:already_have_user_with_this_name_for_this_server',
    `
    server ref:/ip/hotspot|all =all
    name text req
    password text secret
    address ip
    mac-address mac
    profile ref:/ip/hotspot/user/profile =default
    email,routes text
    limit-uptime time
    limit-bytes-in,limit-bytes-out,limit-bytes-total int
    uptime ro =0s
    bytes-in,bytes-out,packets-in,packets-out ro =0
    default ro =false`,
  ),
  menu(
    '/ip/hotspot/user/profile',
    'auto=uprof cmd=unset unique=name:already_have_profile_with_such_name',
    `
    name text
    address-pool ref:/ip/pool|none =none
    session-timeout time
    idle-timeout time|none =none unset
    keepalive-timeout time|none =2m unset
    status-autorefresh time|none =1m
    shared-users int:1..65535|unlimited =1
    add-mac-cookie bool =true
    mac-cookie-timeout time =3d unset
    rate-limit text
    address-list text =
    incoming-filter,outgoing-filter,incoming-packet-mark,outgoing-packet-mark,on-login,on-logout text
    parent-queue ref:/queue/simple|none unset
    queue-type ref:/queue/type unset
    insert-queue-before text unset
    open-status-page |http-login|always =always
    transparent-proxy,advertise bool =false
    default ro =false`,
  ),
  menu(
    '/ip/hotspot/active',
    'view evictable key=server+mac-address',
    `
    server,user,domain,address,mac-address,login-by,uptime,idle-time,session-time-left ro
    idle-timeout,keepalive-timeout,bytes-in,bytes-out,packets-in,packets-out,limit-bytes-in ro
    limit-bytes-out,limit-bytes-total,advertisement,radius,blocked,comment ro`,
  ),
  menu(
    '/ip/hotspot/host',
    'view evictable key=server+mac-address',
    `
    mac-address,address,to-address,server,bridge-port,vlan-id,uptime,idle-time,idle-timeout ro
    keepalive-timeout,host-dead-time,found-by,bytes-in,bytes-out,packets-in,packets-out ro
    authorized,bypassed,static,dynamic,DHCP,http-proxy,comment ro`,
  ),
  menu(
    '/ip/hotspot/cookie',
    'view evictable key=user+mac-address',
    'user,domain,mac-address,mac-cookie,expires-in ro',
  ),
  menu(
    '/ip/hotspot/ip-binding',
    'ordered dis com',
    `
    mac-address mac
    address,to-address range
    server ref:/ip/hotspot|all
    type |blocked|bypassed|regular =regular
    blocked,bypassed ro =false`,
  ),
  menu(
    '/ip/hotspot/walled-garden',
    'ordered dis com dyn cmd=unset',
    `
    action |allow|deny =allow
    server ref:/ip/hotspot unset
    src-address !range unset
    method |CONNECT|DELETE|GET|HEAD|OPTIONS|POST|PUT|TRACE unset
    dst-host,path !text unset
    dst-port !ports unset
    dst-address ro
    hits ro =0`,
  ),
  menu(
    '/ip/hotspot/walled-garden/ip',
    'ordered dis com cmd=unset',
    `
    action |accept|drop|reject =accept
    server ref:/ip/hotspot unset
    src-address,dst-address !range unset
    src-address-list,dst-address-list !text unset
    protocol !int:0..255|${IP_PROTOCOLS} unset
    dst-port !ports unset
    dst-host text
    invalid ro =false`,
  ),
];
