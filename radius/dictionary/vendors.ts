/**
 * Attributes of vendors: MikroTik (FreeRADIUS dictionary.mikrotik), WISPr (Wi-Fi Alliance, with the
 * Wireless Broadband Alliance's additions), ChilliSpot, Microsoft (RFC 2548).
 *
 * Bandwidths of WISPr are bit/s, those of ChilliSpot kbit/s.
 */
import { type AttributeDefinition, attributesOf } from './kinds.ts';

export const VENDOR_MIKROTIK = 14_988;
export const VENDOR_WISPR = 14_122;
export const VENDOR_CHILLISPOT = 14_559;
export const VENDOR_MICROSOFT = 311;

const mikrotik = attributesOf(VENDOR_MIKROTIK);
const wispr = attributesOf(VENDOR_WISPR);
const chillispot = attributesOf(VENDOR_CHILLISPOT);
const microsoft = attributesOf(VENDOR_MICROSOFT);

const MIKROTIK = {
  'Mikrotik-Recv-Limit': mikrotik(1, 'integer'),
  'Mikrotik-Xmit-Limit': mikrotik(2, 'integer'),
  'Mikrotik-Group': mikrotik(3, 'text'),
  'Mikrotik-Wireless-Forward': mikrotik(4, 'integer'),
  'Mikrotik-Wireless-Skip-Dot1x': mikrotik(5, 'integer'),
  'Mikrotik-Wireless-Enc-Algo': mikrotik(6, 'integer'),
  'Mikrotik-Wireless-Enc-Key': mikrotik(7, 'text'),
  'Mikrotik-Rate-Limit': mikrotik(8, 'text'),
  'Mikrotik-Realm': mikrotik(9, 'text'),
  'Mikrotik-Host-IP': mikrotik(10, 'ipaddr'),
  'Mikrotik-Mark-Id': mikrotik(11, 'text'),
  'Mikrotik-Advertise-URL': mikrotik(12, 'text'),
  'Mikrotik-Advertise-Interval': mikrotik(13, 'integer'),
  'Mikrotik-Recv-Limit-Gigawords': mikrotik(14, 'integer'),
  'Mikrotik-Xmit-Limit-Gigawords': mikrotik(15, 'integer'),
  'Mikrotik-Wireless-PSK': mikrotik(16, 'text'),
  'Mikrotik-Total-Limit': mikrotik(17, 'integer'),
  'Mikrotik-Total-Limit-Gigawords': mikrotik(18, 'integer'),
  'Mikrotik-Address-List': mikrotik(19, 'text'),
  'Mikrotik-Wireless-MPKey': mikrotik(20, 'text'),
  'Mikrotik-Wireless-Comment': mikrotik(21, 'text'),
  'Mikrotik-Delegated-IPv6-Pool': mikrotik(22, 'text'),
  'Mikrotik-DHCP-Option-Set': mikrotik(23, 'text'),
  'Mikrotik-DHCP-Option-Param-STR1': mikrotik(24, 'text'),
  'Mikrotik-DHCP-Option-Param-STR2': mikrotik(25, 'text'),
  'Mikrotik-Wireless-VLANID': mikrotik(26, 'integer'),
  'Mikrotik-Wireless-VLANID-Type': mikrotik(27, 'integer'),
  'Mikrotik-Wireless-Minsignal': mikrotik(28, 'text'),
  'Mikrotik-Wireless-Maxsignal': mikrotik(29, 'text'),
  'Mikrotik-Switching-Filter': mikrotik(30, 'text'),
} as const satisfies Record<string, AttributeDefinition>;

const WISPR = {
  'WISPr-Location-ID': wispr(1, 'text'),
  'WISPr-Location-Name': wispr(2, 'text'),
  'WISPr-Logoff-URL': wispr(3, 'text'),
  'WISPr-Redirection-URL': wispr(4, 'text'),
  'WISPr-Bandwidth-Min-Up': wispr(5, 'integer'),
  'WISPr-Bandwidth-Min-Down': wispr(6, 'integer'),
  'WISPr-Bandwidth-Max-Up': wispr(7, 'integer'),
  'WISPr-Bandwidth-Max-Down': wispr(8, 'integer'),
  'WISPr-Session-Terminate-Time': wispr(9, 'text'),
  'WISPr-Session-Terminate-End-Of-Day': wispr(10, 'text'),
  'WISPr-Billing-Class-Of-Service': wispr(11, 'text'),
  'WBA-Offered-Service': wispr(12, 'text'),
  'WBA-Financial-Clearing-Provider': wispr(13, 'text'),
  'WBA-Data-Clearing-Provider': wispr(14, 'text'),
  'WBA-Linear-Volume-Rate': wispr(15, 'octets'),
  'WBA-Identity-Provider': wispr(16, 'text'),
  'WBA-Custom-SLA': wispr(17, 'text'),
} as const satisfies Record<string, AttributeDefinition>;

const CHILLISPOT = {
  'ChilliSpot-Max-Input-Octets': chillispot(1, 'integer'),
  'ChilliSpot-Max-Output-Octets': chillispot(2, 'integer'),
  'ChilliSpot-Max-Total-Octets': chillispot(3, 'integer'),
  'ChilliSpot-Bandwidth-Max-Up': chillispot(4, 'integer'),
  'ChilliSpot-Bandwidth-Max-Down': chillispot(5, 'integer'),
  'ChilliSpot-Config': chillispot(6, 'text'),
  'ChilliSpot-Lang': chillispot(7, 'text'),
  'ChilliSpot-Version': chillispot(8, 'text'),
  'ChilliSpot-OriginalURL': chillispot(9, 'text'),
  'ChilliSpot-UAM-Allowed': chillispot(100, 'text'),
  'ChilliSpot-MAC-Allowed': chillispot(101, 'text'),
  'ChilliSpot-Interval': chillispot(102, 'integer'),
} as const satisfies Record<string, AttributeDefinition>;

const MICROSOFT = {
  'MS-CHAP-Response': microsoft(1, 'octets'),
  'MS-CHAP-Error': microsoft(2, 'octets'),
  'MS-MPPE-Encryption-Policy': microsoft(7, 'integer'),
  'MS-MPPE-Encryption-Types': microsoft(8, 'integer'),
  'MS-CHAP-Domain': microsoft(10, 'octets'),
  'MS-CHAP-Challenge': microsoft(11, 'octets'),
  'MS-CHAP-MPPE-Keys': microsoft(12, 'octets'),
  'MS-MPPE-Send-Key': microsoft(16, 'octets'),
  'MS-MPPE-Recv-Key': microsoft(17, 'octets'),
  'MS-CHAP2-Response': microsoft(25, 'octets'),
  'MS-CHAP2-Success': microsoft(26, 'octets'),
  'MS-Primary-DNS-Server': microsoft(28, 'ipaddr'),
  'MS-Secondary-DNS-Server': microsoft(29, 'ipaddr'),
} as const satisfies Record<string, AttributeDefinition>;

export const VENDORS = { ...MIKROTIK, ...WISPR, ...CHILLISPOT, ...MICROSOFT } as const;
