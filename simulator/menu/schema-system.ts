/** The menus under `/system`, `/user`, `/log`, `/file`, `/tool`, `/snmp` and `/safe-mode`. */
import { type Menu, menu } from './schema-parse.ts';
import { LOG_TOPICS, SCRIPT_RIGHTS, USER_RIGHTS } from './schema-words.ts';

export const SYSTEM_MENUS: readonly Menu[] = [
  menu('/system/identity', 'single', 'name text =MikroTik'),
  menu(
    '/system/clock',
    'single',
    `
    time,date ro
    time-zone-autodetect bool =true
    time-zone-name zone|manual =manual
    gmt-offset ro =+00:00
    dst-active ro =false`,
  ),
  menu(
    '/system/resource',
    'single',
    `
    uptime,version,build-time,factory-software,free-memory,total-memory,cpu,cpu-count ro
    cpu-frequency,cpu-load,free-hdd-space,total-hdd-space,write-sect-since-reboot ro
    write-sect-total,bad-blocks,architecture-name,board-name,platform ro`,
  ),
  menu(
    '/system/routerboard',
    'single',
    `
    routerboard,board-name,model,revision,serial-number,firmware-type,factory-firmware ro
    minimum-firmware,current-firmware,upgrade-firmware ro`,
  ),
  menu(
    '/system/package',
    'view',
    'name,version,build-time,scheduled,size,available,disabled,bundle ro',
  ),
  menu(
    '/system/package/update',
    'single',
    `
    channel |development|long-term|stable|testing =stable
    installed-version,latest-version,status ro`,
  ),
  menu(
    '/system/device-mode',
    'single',
    `
    mode,allowed-versions,flagged,flagging-enabled,attempt-count,scheduler,socks,fetch,pptp,l2tp ro
    bandwidth-test,traffic-gen,sniffer,ipsec,romon,proxy,hotspot,smb,email,zerotier ro
    container,install-any-version,partitions,routerboard ro`,
  ),
  menu(
    '/system/note',
    'single',
    `
    show-at-login bool =true
    show-at-cli-login bool =false
    note text =`,
  ),
  menu(
    '/system/ntp/client',
    'single',
    `
    enabled bool =false
    mode |unicast|broadcast|manycast|multicast =unicast
    servers text =
    vrf text =main
    freq-drift,status,synced-server,synced-stratum,system-offset ro`,
  ),
  menu(
    '/system/ntp/client/servers',
    'dis com dyn key=address',
    `
    address text req
    min-poll int:3..17 =6
    max-poll int:3..17 =10
    iburst bool =true
    auth-key text|none =none
    resolved-address ro`,
  ),
  menu(
    '/system/ntp/server',
    'single',
    `
    enabled,broadcast,multicast,manycast,use-local-clock bool =false
    broadcast-addresses text =
    vrf text =main
    local-clock-stratum int:1..15 =5
    auth-key text|none =none`,
  ),
  menu(
    '/system/scheduler',
    'dis com auto=schedule cmd=unset unique=name:already_have_scheduler_with_such_name',
    `
    name text
    start-date date
    start-time clock|startup
    interval time =0s
    on-event text =
    owner ro
    policy set:${SCRIPT_RIGHTS} =${SCRIPT_RIGHTS}
    run-count ro =0
    next-run ro`,
  ),
  menu(
    '/system/script',
    'com auto=script cmd=unset unique=name:already_have_script_with_such_name',
    `
    name,owner text
    policy set:${SCRIPT_RIGHTS} =${SCRIPT_RIGHTS}
    dont-require-permissions bool =false
    source text =
    run-count ro =0
    invalid ro =false
    last-started ro`,
  ),
  menu(
    '/system/logging',
    'dis',
    `
    topics !word*|${LOG_TOPICS} =
    action ref:/system/logging/action =memory
    prefix text =
    regex text @7.18
    comment text unset @7.22
    invalid ro =false
    default ro =false`,
  ),
  menu(
    '/system/logging/action',
    'com auto=action unique=name:already_have_action_with_such_name',
    `
    name text
    target |disk|echo|email|memory|remote|script req
    memory-lines int:1..65535 =1000
    memory-stop-on-full,disk-stop-on-full bool =false
    remember bool =true
    disk-file-name text =log
    disk-lines-per-file int:1..65535 =1000
    disk-file-count int:1..65535 =2
    remote text =0.0.0.0
    remote-port int:0..65535 =514
    remote-protocol |tcp|udp =udp @7.18
    remote-log-format |default|syslog|cef =default @7.18
    src-address text =0.0.0.0
    syslog-facility |auth|authpriv|cron|daemon|ftp|kern|local0|local1|local2|local3|local4|local5|local6|local7|lpr|mail|news|ntp|syslog|user|uucp =daemon
    syslog-severity |alert|auto|critical|debug|emergency|error|info|notice|warning =auto
    syslog-time-format |bsd-syslog|iso8601 =bsd-syslog
    bsd-syslog bool <7.18
    email-to text =
    vrf text =main @7.20
    default ro =false`,
  ),
  menu(
    '/user',
    'dis com unique=name:already_have_user_with_such_name',
    `
    name text req
    group ref:/user/group req
    address prefix* =
    password text wo
    inactivity-timeout time =10m
    inactivity-policy |none|lockscreen|logout =none
    last-logged-in ro
    expired ro =false`,
  ),
  menu(
    '/user/group',
    'com auto=group unique=name:already_have_group_with_such_name',
    `
    name text
    policy policy|${USER_RIGHTS.replaceAll(',', '|')} =
    skin text =default`,
  ),
  menu(
    '/user/active',
    'view evictable key=name+address+when',
    'when,name,address,via,group,radius,by-romon ro',
  ),
  menu('/log', 'view', 'time,buffer,topics,message,extra-info ro'),
  menu(
    '/file',
    'unique=name:already_have_file_with_such_name',
    `
    name text req
    type |directory|file
    size,last-modified ro
    contents text:65535
    package-name,package-version,package-build-time,package-architecture,shared ro`,
  ),
  menu('/safe-mode', 'single since=7.18', 'enabled,current,owner,user ro'),
  menu('/tool/mac-server', 'single', 'allowed-interface-list ref:/interface/list =all'),
  menu('/tool/mac-server/mac-winbox', 'single', 'allowed-interface-list ref:/interface/list =all'),
  menu(
    '/tool/bandwidth-server',
    'single',
    `
    enabled,authenticate bool =true
    allocate-udp-ports-from int:1000..64000 =2000
    max-sessions int:1..1000 =100
    allowed-addresses4 prefix* = @7.18
    allowed-addresses6 text = @7.18`,
  ),
  menu(
    '/tool/netwatch',
    'dis cmd=unset',
    `
    name text
    host text req
    type |simple|icmp|tcp-conn|http-get|https-get|dns =simple
    interval,timeout,start-delay,startup-delay,packet-interval time unset
    src-address,dns-server text unset
    port int:1..65535 unset
    http-codes text unset
    record-type |A|AAAA|MX|NS unset
    packet-count int:1..65535 unset
    packet-size int:0..65535 unset
    ttl int:1..255 =255 unset
    accept-icmp-time-exceeded bool =false unset
    check-certificate bool unset
    certificate text unset
    early-failure-detection,early-success-detection bool unset @7.20
    ignore-initial-down,ignore-initial-up bool unset @7.18
    up-script,down-script,test-script text unset
    thr-avg,thr-max,thr-stdev,thr-jitter,thr-http-time,thr-tcp-conn-time time unset
    thr-loss-count,thr-loss-percent int unset
    comment text unset
    status,since,done-tests,failed-tests,sent-count,response-count,loss-count,loss-percent ro
    rtt-avg,rtt-min,rtt-max,rtt-jitter,rtt-stdev,tcp-connect-time,http-status-code ro
    http-resp-time,ip,ip6,name-servers,mail-servers ro`,
  ),
  menu(
    '/snmp',
    'single',
    `
    enabled bool =false
    contact,location,engine-id-suffix text =
    engine-id ro
    src-address text =::
    trap-target text =
    trap-community text =public
    trap-version |1|2|3 =1
    trap-generators text =temp-exception
    trap-interfaces text =
    vrf text =main`,
  ),
];
