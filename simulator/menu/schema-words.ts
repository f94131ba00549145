/** Word sets that several menus share, in RouterOS's print order. */

export const ARP_MODES = '|disabled|enabled|local-proxy-arp|proxy-arp|reply-only';

/** `/user/group policy`, in the order print shows. */
export const USER_RIGHTS =
  'local,telnet,ssh,ftp,reboot,read,write,policy,test,winbox,password,web,sniff,sensitive,api,romon,rest-api';

export const SCRIPT_RIGHTS = 'ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon';

export const IP_PROTOCOLS = [
  'dccp|ddp|egp|encap|etherip|ggp|gre|hmp|icmp|icmpv6|idpr-cmtp|igmp|ipencap|ipip|ipsec-ah|ipsec-esp',
  'ipv6-encap|ipv6-frag|ipv6-nonxt|ipv6-opts|ipv6-route|iso-tp4|l2tp|ospf|pim|pup|rdp|rspf|rsvp|sctp',
  'st|tcp|udp|udp-lite|vmtp|vrrp|xns-idp|xtp',
].join('|');

export const LOG_TOPICS = [
  'account|acme-client|amt|async|backup|bfd|bgp|bridge|calc|caps|certificate|clock|cmr|container|critical',
  'ddns|debug|dhcp|disk|dns|dot1x|dude|e-mail|error|event|evpn|fetch|firewall|gps|gsm|health|hotspot',
  'igmp-proxy|info|interface|ipsec|iscsi|isdn|isis|kvm|l2tp|ldp|lora|lte|manager|mme|mpls|mqtt|mvrp',
  'natpmp|netwatch|ntp|ospf|ovpn|packet|pim|poe-out|ppp|pppoe|pptp|ptp|queue|radius|radvd|raw|read|rip',
  'route|rpki|rsvp|script|sertcp|simulator|smb|snmp|socksify|ssh|sstp|state|store|stp|system|telephony',
  'tftp|timer|tr069|update|upnp|ups|vpls|vrrp|warning|watchdog|web-proxy|wireguard|wireless|write|zerotier',
].join('|');

export const MAC_FORMATS = [
  'XX:XX:XX:XX:XX:XX|XXXX:XXXX:XXXX|XXXXXX:XXXXXX|XX-XX-XX-XX-XX-XX|XXXXXX-XXXXXX|XXXXXXXXXXXX',
].join('|');

/** Regulatory domains of `/interface/wifi`; a space is written `_` in the table. */
export const WIFI_COUNTRIES = [
  'Afghanistan|Aland_Islands|Albania|Algeria|American_Samoa|Andora|Anguilla|Antigua_and_Barbuda|Argentina',
  'Armenia|Aruba|Australia|Austria|Azerbaijan|Bahamas|Bahrain|Bangladesh|Barbados|Belarus|Belgium|Belize',
  'Bermuda|Bhutan|Bolivia|Bosnia_and_Herzegovina|Brazil|British_Virgin_Islands|Brunei_Darussalam|Bulgaria',
  'Burkina_Faso|Cambodia|Cameroon|Canada|Cayman_Islands|Central_Africa_Republic|Chad|Chile|China',
  'Christmas_Island|Colombia|Cook_Islands|Costa_Rica|Croatia|Cyprus|Czech|Denmark|Dominica',
  'Dominican_Republic|ETSI_5.5-5.7_Outdoor|Ecuador|Egypt|El_Salvador|Estonia|Ethiopia|Falkland_Islands',
  'Faroe_Islands|Finland|France|French_Guiana|French_Polynesia|French_Southern_Territories|Georgia|Germany',
  'Ghana|Gibraltar|Greece|Greenland|Grenada|Guadeloupe|Guam|Guatemala|Guernsey|Guyana|Haiti',
  'Heard_Island_and_McDonald_Islands|Holy_See|Honduras|Hong_Kong|Hungary|Iceland|India|Indonesia|Iraq',
  'Ireland|Isle_of_Man|Israel|Italy|Ivory_Coast|Jamaica|Japan|Jersey|Jordan|Kazakhstan|Kenya|Kuwait|Latvia',
  'Lebanon|Lesotho|Liechtenstein|Lithuania|Luxembourg|Macau|Malawi|Malaysia|Maldives|Malta|Marshall_Islands',
  'Martinique|Mauritania|Mauritius|Mayotte|Mexico|Micronesia|Moldova|Monaco|Mongolia|Montenegro|Montserrat',
  'Morocco|Myanmar|Namibia|Nepal|Netherlands|Netherlands_Antilles|New_Caledonia|New_Zealand|Nicaragua',
  'Nigeria|Niue|Norfolk_Island|North_Macedonia|Northern_Mariana_Islands|Norway|Oman|Pakistan|Palau|Panama',
  'Papua_New_Guinea|Paraguay|Peru|Philippines|Poland|Portugal|Puerto_Rico|Qatar|Reunion|Romania|Russia',
  'Rwanda|Saint_Barthelemy|Saint_Kitts_and_Nevis|Saint_Lucia|Saint_Martin|Saint_Pierre_and_Miquelon',
  'Saint_Vincent_and_the_Grenadines|Samoa|San_Marino|Sao_Tome_and_Principe|Saudi_Arabia|Senegal|Serbia',
  'Singapore|Sint_Maarten|Slovakia|Slovenia|South_Africa|South_Korea|Spain|Sri_Lanka',
  'Superchannel|Suriname|Svalbard_and_Jan_Mayen|Sweden|Switzerland|Taiwan|Tanzania|Thailand|Togo',
  'Trinidad_and_Tobago|Tunisia|Turkey|Turks_and_Caicos|UK_5.8_fixed|Uganda|Ukraine|United_Arab_Emirates',
  'United_Kingdom|United_States|United_States_Minor_Outlying_Islands|Uruguay|Uzbekistan|Vanuatu|Venezuela',
  'Viet_Nam|Virgin_Islands|Wallis_and_Futuna|Yemen|Zimbabwe',
].join('|');
