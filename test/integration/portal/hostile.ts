/** What those send who want markup, another way, or a fault of a page. */

/** An element or attribute of this name is in no page of ours. */
export const ALIEN = 'zqj';
export const HOSTILE = [
  `<${ALIEN}>`,
  `"><${ALIEN}>`,
  `' ${ALIEN}='1`,
  `" ${ALIEN}="1`,
  `</title></style><${ALIEN}>`,
  `<script>${ALIEN}()</script>`,
  `javascript:${ALIEN}()`,
  `http://${ALIEN}.example/login`,
  `//${ALIEN}.example/login`,
  `http://login.wifi.home.arpa@${ALIEN}.example/login`,
  `http://login.wifi.home.arpa/login#@${ALIEN}.example`,
  `https://login.wifi.home.arpa.${ALIEN}.example/login`,
  `/\\${ALIEN}.example`,
  '%0d%0aSet-Cookie: a=b',
  '\r\nLocation: http://zqj.example/',
  '\u0000',
  '\u202e\u2028\ufeff',
  '\ud800',
  '%',
  '%ff',
  '[object Object]',
  '__proto__',
  '../../etc/passwd',
  '<%= 7*7 %>',
  '-1',
  '1e400',
  'A'.repeat(3000),
];
