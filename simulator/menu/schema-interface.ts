/** Interfaces, bridges, lists, WireGuard and both kinds of radio driver. */
import { type Menu, menu, prefixed } from './schema-parse.ts';
import { ARP_MODES, MAC_FORMATS, WIFI_COUNTRIES } from './schema-words.ts';

const TAKEN = 'unique=name:already_have_interface_with_such_name';

const CHANNEL = `
  band |2ghz-ax|2ghz-be|2ghz-g|2ghz-n|5ghz-a|5ghz-ac|5ghz-ax|5ghz-be|5ghz-n|6ghz-ax|6ghz-be unset
  frequency text unset
  secondary-frequency text|disabled unset
  skip-dfs-channels |10min-cac|all|disabled unset
  width |20/40/80+80mhz|20/40/80/160/320mhz|20/40/80/160mhz|20/40/80mhz|20/40mhz|20/40mhz-Ce|20/40mhz-eC|20mhz unset
  reselect-interval time unset`;

const CONFIGURATION = `
  mode |ap|station|station-bridge|station-pseudobridge unset
  ssid text:32 unset
  country |${WIFI_COUNTRIES} unset
  hide-ssid bool =false
  max-clients int:1..2007 unset @7.18
  multicast-enhance |disabled|enabled unset
  manager |capsman|capsman-or-local|local unset
  antenna-gain,distance,dtim-period int unset
  tx-power int:0..40 unset
  beacon-interval time unset
  chains,tx-chains set:0,1,2,3,4,5,6,7 unset
  installation |indoor|outdoor unset @7.18
  qos-classifier |dscp-high-3-bits|priority unset
  station-roaming bool unset @7.18`;

const DATAPATH = `
  bridge ref:/interface/bridge|none unset
  bridge-cost int unset
  bridge-horizon int|none unset
  client-isolation bool unset
  interface-list ref:/interface/list unset
  traffic-processing |on-cap|on-capsman|on-capsman-secure unset @7.20
  vlan-id int:1..4095|none unset`;

const SECURITY = `
  authentication-types set:wpa-psk,wpa2-psk,wpa2-psk-sha2,wpa-eap,wpa2-eap,wpa3-psk,owe,wpa3-eap,wpa3-eap-192 unset
  passphrase text:64 unset secret
  encryption set:tkip,ccmp,gcmp,ccmp-256,gcmp-256 unset
  group-encryption |ccmp|ccmp-256|gcmp|gcmp-256|tkip unset
  group-key-update time unset
  management-protection |allowed|disabled|required unset
  management-encryption |cmac|cmac-256|gmac|gmac-256 unset
  owe-transition-interface ref:/interface/wifi|auto unset
  disable-pmkid,ft,ft-over-ds bool unset
  sae-pwe |both|hash-to-element|hunting-and-pecking unset
  wps |disable|push-button unset
  connect-group text unset
  connect-priority text unset`;

const WIFI_PROFILE = 'dis com cmd=unset package=wifi';

const WIFI_MENUS: readonly Menu[] = [
  menu(
    '/interface/wifi',
    `com dyn interface=wifi package=wifi auto=wifi cmd=unset key=name ${TAKEN}`,
    `
    default-name ro
    name text
    l2mtu,mtu int unset
    mac-address,radio-mac mac
    master-interface ref:/interface/wifi unset
    arp ${ARP_MODES} unset
    arp-timeout time|auto unset
    disabled bool =true
    disable-running-check bool
    configuration ref:/interface/wifi/configuration unset
    datapath ref:/interface/wifi/datapath unset
    security ref:/interface/wifi/security unset
    ${prefixed('channel', CHANNEL)}
    ${prefixed('configuration', CONFIGURATION)}
    ${prefixed('datapath', DATAPATH)}
    ${prefixed('security', SECURITY)}
    master,running,inactive,bound,cap,network ro`,
  ),
  menu(
    '/interface/wifi/configuration',
    `${WIFI_PROFILE} auto=cfg unique=name:already_have_configuration_with_such_name`,
    `
    name text
    datapath ref:/interface/wifi/datapath unset
    security ref:/interface/wifi/security unset
    ${CONFIGURATION}
    ${prefixed('channel', CHANNEL)}
    ${prefixed('datapath', DATAPATH)}
    ${prefixed('security', SECURITY)}`,
  ),
  menu(
    '/interface/wifi/datapath',
    `${WIFI_PROFILE} auto=datapath unique=name:already_have_datapath_with_such_name`,
    `name text${DATAPATH}`,
  ),
  menu(
    '/interface/wifi/security',
    `${WIFI_PROFILE} auto=sec unique=name:already_have_security_with_such_name`,
    `name text${SECURITY}`,
  ),
];

const WIRELESS_MENUS: readonly Menu[] = [
  menu(
    '/interface/wireless',
    `com interface=wlan package=wireless auto=wlan ${TAKEN}`,
    `
    name text
    mtu int:32..2290 =1500
    l2mtu int =1600
    mac-address mac
    arp |disabled|enabled|proxy-arp|reply-only =enabled
    disabled bool =true
    mode |station|station-wds|ap-bridge|bridge|alignment-only|nstreme-dual-slave|wds-slave|station-pseudobridge|station-pseudobridge-clone|station-bridge =ap-bridge
    ssid text:32 =MikroTik
    band |2ghz-b|2ghz-b/g|2ghz-b/g/n|2ghz-g/n|2ghz-onlyg|2ghz-onlyn|5ghz-a|5ghz-a/n|5ghz-onlyn|5ghz-a/n/ac|5ghz-onlyac|5ghz-n/ac
    channel-width |20mhz|20/40mhz-Ce|20/40mhz-eC|20/40mhz-XX|20/40/80mhz-XXXX|10mhz|5mhz =20mhz
    frequency int|auto
    frequency-mode |manual-txpower|regulatory-domain|superchannel =regulatory-domain
    country text =etsi
    installation |any|indoor|outdoor =any
    wireless-protocol |802.11|any|nstreme|nv2|nv2-nstreme|nv2-nstreme-802.11|unspecified =any
    security-profile ref:/interface/wireless/security-profiles =default
    default-authentication,default-forwarding bool =true
    default-ap-tx-limit,default-client-tx-limit int =0
    hide-ssid bool =false
    max-station-count int:1..2007 =2007
    distance text =dynamic
    multicast-helper |default|disabled|full =default
    wmm-support |disabled|enabled|required =disabled
    wps-mode |disabled|push-button|push-button-virtual-only =push-button
    master-interface ref:/interface/wireless`,
  ),
  menu(
    '/interface/wireless/security-profiles',
    'com auto=profile package=wireless unique=name:already_have_security_profile_with_such_name',
    `
    name text
    mode |none|static-keys-optional|static-keys-required|dynamic-keys =none
    authentication-types set:wpa-psk,wpa2-psk,wpa-eap,wpa2-eap =
    unicast-ciphers,group-ciphers set:tkip,aes-ccm =aes-ccm
    wpa-pre-shared-key,wpa2-pre-shared-key text:64 = secret
    supplicant-identity text =MikroTik
    management-protection |disabled|allowed|required =disabled
    group-key-update time =5m
    disable-pmkid bool =false
    radius-mac-format |${MAC_FORMATS} =XX:XX:XX:XX:XX:XX`,
  ),
];

export const INTERFACE_MENUS: readonly Menu[] = [
  menu(
    '/interface',
    'fixed com stats dyn',
    `
    name text
    default-name,type ro
    mtu int:68..65535|auto
    actual-mtu ro
    l2mtu int
    max-l2mtu,mac-address,last-link-down-time,last-link-up-time,link-downs ro
    rx-byte,tx-byte,rx-packet,tx-packet,rx-drop,tx-drop,tx-queue-drop,rx-error,tx-error ro =0
    fp-rx-byte,fp-tx-byte,fp-rx-packet,fp-tx-packet ro =0
    running,slave,inactive,passthrough,vrf ro
    disabled bool =false`,
  ),
  menu(
    '/interface/ethernet',
    `fixed dis com interface=ether cmd=unset stats ${TAKEN}`,
    `
    default-name ro
    name text
    mtu int:68..65535 =1500
    l2mtu int =1568
    mac-address,orig-mac-address mac
    arp ${ARP_MODES} =enabled
    arp-timeout time|auto =auto
    loop-protect |default|off|on =default
    loop-protect-status ro =off
    loop-protect-send-interval time =5s
    loop-protect-disable-time time =5m
    disable-running-check bool =true
    auto-negotiation bool =true
    advertise text
    rx-flow-control,tx-flow-control |auto|off|on =off
    running,slave ro =false`,
  ),
  menu(
    '/interface/bridge',
    `dis com dyn interface=bridge auto=bridge cmd=unset stats ${TAKEN}`,
    `
    name text
    mtu int:68..65535|auto =auto
    actual-mtu ro =1500
    l2mtu ro =65535
    arp ${ARP_MODES} =enabled
    arp-timeout time|auto =auto
    mac-address ro
    protocol-mode |mstp|none|rstp|stp =rstp
    fast-forward bool =true
    igmp-snooping bool =false
    auto-mac bool =true
    admin-mac mac =
    ageing-time time =5m
    priority int:0..65535 =0x8000
    max-message-age time =20s
    forward-delay time =15s
    transmit-hold-count int:1..10 =6
    vlan-filtering,dhcp-snooping,mvrp bool =false
    ether-type |0x8100|0x88a8|0x9100 =0x8100
    pvid int:1..4094 =1
    frame-types |admit-all|admit-only-untagged-and-priority-tagged|admit-only-vlan-tagged =admit-all
    ingress-filtering bool =true
    port-cost-mode |short|long =long
    forward-reserved-addresses bool =false
    max-learned-entries int|auto|unlimited =auto
    running ro =true`,
  ),
  menu(
    '/interface/bridge/port',
    'ordered dis com dyn cmd=unset key=bridge+interface unique=interface:device_already_added_as_bridge_port',
    `
    bridge ref:/interface/bridge req
    interface ref:/interface req
    priority int:0..240 =0x80
    path-cost,internal-path-cost int unset
    edge |auto|no|no-discover|yes|yes-discover =auto
    point-to-point |auto|no|yes =auto
    learn |auto|no|yes =auto
    horizon int:0..429496729|none =none
    auto-isolate,restricted-role,restricted-tcn,tag-stacking,bpdu-guard,trusted,fast-leave bool =false
    pvid int:1..4094 =1
    frame-types |admit-all|admit-only-untagged-and-priority-tagged|admit-only-vlan-tagged =admit-all
    ingress-filtering,hw,unknown-unicast-flood,unknown-multicast-flood,broadcast-flood bool =true
    multicast-router |disabled|permanent|temporary-query =temporary-query
    inactive ro =false
    hw-offload,status,role,port-id,forwarding,learning ro`,
  ),
  menu(
    '/interface/list',
    'com dyn auto=list unique=name:already_have_interface_list_with_such_name',
    `
    name text
    include,exclude ref*:/interface/list =
    builtin ro =false`,
  ),
  menu(
    '/interface/list/member',
    'dis com dyn key=list+interface unique=list+interface:already_have_such_interface_in_the_list',
    `
    list ref:/interface/list req
    interface ref:/interface req`,
  ),
  menu(
    '/interface/vlan',
    `dis com interface=vlan auto=vlan ${TAKEN}`,
    `
    name text
    mtu int:68..65535 =1500
    mac-address ro
    arp ${ARP_MODES} =enabled
    arp-timeout time|auto =auto
    loop-protect |default|off|on =default
    vlan-id int:1..4094 req
    interface ref:/interface req
    use-service-tag,mvrp bool =false
    l2mtu ro
    running ro =true`,
  ),
  menu(
    '/interface/wireguard',
    `dis com interface=wg auto=wireguard ${TAKEN}`,
    `
    name text
    mtu int:0..65535|auto =1420
    listen-port int:0..65535
    private-key wgkey secret
    public-key ro
    running ro =true`,
  ),
  menu(
    '/interface/wireguard/peers',
    'ordered dis com dyn auto=peer key=interface+public-key unique=interface+public-key:already_have_such_peer',
    `
    interface ref:/interface/wireguard req
    name text
    public-key wgkey req
    private-key wgkey|auto|none secret
    preshared-key wgkey|auto|none unset secret
    endpoint-address text =
    endpoint-port int:0..65535 =0
    allowed-address prefix* req
    persistent-keepalive time unset
    client-address,client-dns,client-endpoint text
    client-keepalive time
    client-listen-port int:0..65535
    responder bool @7.18
    is-responder bool <7.18
    current-endpoint-address,current-endpoint-port,rx,tx,last-handshake ro`,
  ),
  ...WIFI_MENUS,
  ...WIRELESS_MENUS,
];
