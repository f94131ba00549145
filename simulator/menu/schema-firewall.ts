/** `/ip/firewall` and `/queue`. The matchers are the same in every table but for a few. */
import { type Menu, menu } from './schema-parse.ts';
import { IP_PROTOCOLS } from './schema-words.ts';

const ANY_INTERFACE = '!ref:/interface|all-ethernet|all-ppp|all-vlan|all-wireless';

/** Matchers of all four tables. */
const COMMON = `
  src-address,dst-address !range unset
  src-address-list,dst-address-list !text unset
  src-address-type,dst-address-type !set:unicast,local,broadcast,multicast,blackhole unset
  protocol !int:0..255|${IP_PROTOCOLS} unset
  src-port,dst-port,port !ports unset
  in-interface,out-interface,in-bridge-port,out-bridge-port ${ANY_INTERFACE} unset
  in-interface-list,out-interface-list,in-bridge-port-list,out-bridge-port-list !ref:/interface/list unset
  src-mac-address !mac unset
  packet-mark text unset
  packet-size,tcp-mss,dscp,priority,ingress-priority,random,nth,psd text unset
  limit !limit unset
  content,dst-limit,time,per-connection-classifier,ttl,icmp-options text unset
  fragment bool unset
  hotspot !set:auth,from-client,http,local-dst,to-client unset
  ipsec-policy text unset
  ipv4-options text unset
  jump-target text unset
  address-list text unset
  address-list-timeout time|none-dynamic|none-static unset
  log bool =false
  log-prefix text:31 =
  invalid ro =false
  bytes,packets ro =0`;

/** Matchers that need connection tracking. */
const TRACKED = `
  connection-mark !text unset
  connection-type !set:ftp,h323,irc,pptp,quake3,sip,tftp unset
  connection-bytes,connection-limit,connection-rate text unset
  layer7-protocol,realm,routing-mark text unset`;

const STATES = '!set:invalid,established,related,new,untracked unset';
const TCP = `
  tcp-flags text unset
  tls-host !text unset`;

const OPTIONS = 'ordered dis com dyn stats cmd=unset';

const FIREWALL_MENUS: readonly Menu[] = [
  menu(
    '/ip/firewall/filter',
    OPTIONS,
    `
    chain text req
    action |accept|add-dst-to-address-list|add-src-to-address-list|drop|fasttrack-connection|jump|log|passthrough|reject|return|tarpit =accept
    reject-with |icmp-admin-prohibited|icmp-host-prohibited|icmp-host-unreachable|icmp-net-prohibited|icmp-network-unreachable|icmp-port-unreachable|icmp-protocol-unreachable|tcp-reset unset
    hw-offload bool unset <7.18
    connection-state ${STATES}
    connection-nat-state !set:srcnat,dstnat,ein-snat,ein-dnat unset
    p2p text unset
    ${TCP}${TRACKED}${COMMON}`,
  ),
  menu(
    '/ip/firewall/nat',
    OPTIONS,
    `
    chain text req
    action |accept|add-dst-to-address-list|add-src-to-address-list|dst-nat|endpoint-independent-nat|jump|log|masquerade|netmap|passthrough|redirect|return|same|src-nat =accept
    to-addresses range unset
    to-ports ports unset
    randomise-ports,same-not-by-dst bool unset
    ${TRACKED}${COMMON}`,
  ),
  menu(
    '/ip/firewall/raw',
    OPTIONS,
    `
    chain text req
    action |accept|add-dst-to-address-list|add-src-to-address-list|drop|jump|log|notrack|passthrough|return =accept
    ${TCP}${COMMON}`,
  ),
  menu(
    '/ip/firewall/mangle',
    OPTIONS,
    `
    chain text req
    action |accept|add-dst-to-address-list|add-src-to-address-list|change-dscp|change-mss|change-ttl|clear-df|fasttrack-connection|jump|log|mark-connection|mark-packet|mark-routing|passthrough|return|route|set-priority|sniff-pc|sniff-tzsp|strip-ipv4-options =accept
    new-connection-mark,new-packet-mark,new-routing-mark,new-mss,new-ttl,new-dscp,new-priority text unset
    passthrough bool =true
    connection-state ${STATES}
    connection-nat-state !set:srcnat,dstnat unset
    p2p text unset
    ${TCP}${TRACKED}${COMMON}`,
  ),
  menu(
    '/ip/firewall/address-list',
    'dis com dyn evictable key=list+address unique=list+address:already_have_such_entry',
    `
    list text req
    address host req
    creation-time ro
    timeout time`,
  ),
];

export const FIREWALL_AND_QUEUE_MENUS: readonly Menu[] = [
  ...FIREWALL_MENUS,
  menu(
    '/queue/simple',
    'ordered dis com dyn stats auto=queue cmd=unset key=name unique=name:already_have_queue_with_such_name',
    `
    name text
    target text req
    dst text unset
    parent ref:/queue/simple|none =none
    packet-marks text =
    priority text =8/8
    queue text =default-small/default-small
    limit-at,max-limit,burst-limit,burst-threshold rates =0/0
    burst-time text =0s/0s
    bucket-size text =0.1/0.1
    time text unset
    total-limit-at,total-max-limit,total-burst-limit,total-burst-threshold rate
    total-priority int:1..8
    total-queue ref:/queue/type
    invalid ro =false
    bytes,packets,dropped,rate,packet-rate,queued-bytes,queued-packets ro =0/0
    total-bytes,total-packets,total-dropped,total-rate,total-packet-rate ro =0`,
  ),
  menu(
    '/queue/tree',
    'dis com stats auto=queue unique=name:already_have_queue_with_such_name',
    `
    name text
    parent text req
    packet-mark text =
    priority int:1..8 =8
    queue ref:/queue/type =default-small
    limit-at,max-limit,burst-limit,burst-threshold rate =0
    burst-time time =0s
    bucket-size text =0.1
    invalid ro =false
    bytes,packets,dropped,rate,packet-rate,queued-bytes,queued-packets ro =0`,
  ),
  menu(
    '/queue/type',
    'auto=type unique=name:already_have_queue_type_with_such_name',
    `
    name text
    kind |bfifo|cake|codel|fq-codel|mq-pfifo|none|pcq|pfifo|red|sfq req
    pfifo-limit,bfifo-limit,mq-pfifo-limit,pcq-limit,pcq-total-limit,pcq-burst-rate int
    pcq-rate,pcq-burst-threshold rate
    pcq-burst-time time
    pcq-classifier set:src-address,dst-address,src-port,dst-port unset
    pcq-src-address-mask,pcq-dst-address-mask int:0..32
    pcq-src-address6-mask,pcq-dst-address6-mask int:0..128
    sfq-perturb,sfq-allot,red-limit,red-min-threshold,red-max-threshold,red-burst,red-avg-packet int
    fq-codel-limit,fq-codel-quantum,fq-codel-flows,fq-codel-memlimit int
    fq-codel-target,fq-codel-interval,fq-codel-ce-threshold time
    fq-codel-ecn bool
    cake-bandwidth rate
    cake-ack-filter |aggressive|filter|none
    cake-diffserv |besteffort|diffserv3|diffserv4|diffserv8|precedence
    cake-flowmode |dsthost|dual-dsthost|dual-srchost|flowblind|flows|hosts|srchost|triple-isolate
    cake-rtt time
    cake-nat,cake-wash,cake-autorate-ingress bool
    cake-memlimit,cake-mpu,cake-overhead int
    default ro =false`,
  ),
];
