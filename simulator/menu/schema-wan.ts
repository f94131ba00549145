/** Ways out other than a plain port: PPPoE sessions, LTE modems with their access points, routing tables. */
import { type Menu, menu } from './schema-parse.ts';

const TAKEN = 'unique=name:already_have_interface_with_such_name';

export const WAN_INTERFACE_MENUS: readonly Menu[] = [
  menu(
    '/interface/pppoe-client',
    `com interface=pppoe-out auto=pppoe-out cmd=unset key=name ${TAKEN}`,
    `
    name text
    interface ref:/interface req
    max-mtu,max-mru int:64..65535|auto =auto
    mrru int:512..65535|disabled =disabled
    user text =
    password text = secret
    profile ref:/ppp/profile =default
    service-name,ac-name text =
    keepalive-timeout int:0..65535|disabled =10
    add-default-route bool =false
    default-route-distance int:1..255 =1
    dial-on-demand,use-peer-dns bool =false
    allow set:pap,chap,mschap1,mschap2 =pap,chap,mschap1,mschap2
    host-uniq text unset
    disabled bool =true
    invalid,running ro =false`,
  ),
  menu(
    '/interface/lte',
    `fixed com interface=lte cmd=unset ${TAKEN}`,
    `
    default-name ro
    name text
    mtu int:1280..65535|auto =auto
    apn-profiles ref*:/interface/lte/apn =default
    allow-roaming bool =false unset
    network-mode set:3g,gsm,lte,5g unset
    band,nr-band,operator,modem-init text unset
    pin text secret
    sms-protocol |at|auto|mbim =auto
    sms-read bool =true
    disabled bool =false
    running,inactive ro =false`,
  ),
];

export const WAN_MENUS: readonly Menu[] = [
  menu(
    '/interface/lte/apn',
    'com auto=apn unique=name:already_have_apn_with_such_name',
    `
    name text
    apn text req
    add-default-route,use-peer-dns,use-network-apn bool =true
    default-route-distance int:1..255 =2
    ip-type |auto|ipv4|ipv6 =auto
    authentication |chap|none|pap =none
    user text =
    password text = secret
    default ro =false`,
  ),
  menu(
    '/ppp/profile',
    'com auto=profile cmd=unset unique=name:already_have_profile_with_such_name',
    `
    name text
    local-address,remote-address text unset
    bridge ref:/interface/bridge unset
    bridge-learning |default|no|yes =default
    change-tcp-mss |default|no|yes =yes
    use-compression,use-mpls,use-upnp |default|no|yes =default
    use-encryption |default|no|required|yes =default
    use-ipv6 |default|no|required|yes =yes
    only-one |default|no|yes =default
    address-list,on-up,on-down text =
    session-timeout,idle-timeout time unset
    rate-limit text unset
    dns-server,wins-server ip* unset
    interface-list ref:/interface/list unset
    parent-queue ref:/queue/simple|none unset
    queue-type ref:/queue/type unset
    default ro =false`,
  ),
  menu(
    '/routing/table',
    'dis com dyn cmd=unset key=name unique=name:already_have_table_with_such_name',
    `
    name text req
    fib text unset
    invalid ro =false`,
  ),
];
