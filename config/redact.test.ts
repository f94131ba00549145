import { expect, it } from 'vitest';
import { parseConfig } from './parse.ts';
import { redactConfig } from './redact.ts';

it('shows a configuration without any of its secrets', () => {
  const parsed = parseConfig(
    {
      store: 'postgres://wifi:rahasia-satu@db/wifi',
      radius: {
        portalSecret: 'rahasia-dua-desa',
        macPassword: 'rahasia-tiga',
        proxies: [{ address: '10.255.0.7', secret: 'rahasia-empat-desa' }],
      },
      portal: {
        otp: {
          gateways: [
            {
              kind: 'http',
              name: 'lain',
              secret: 'rahasia-lima',
              url: 'https://sms.example.co.id/send',
              headers: { 'Content-Type': 'application/json', 'X-Key': 'rahasia-enam' },
              body: '{"to":"{to}"}',
              webhookSecret: 'rahasia-tujuh-desa',
            },
          ],
        },
      },
    },
    { baseDirectory: '/etc/smartwifi', readSecret: () => '' },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));

  const shown = JSON.stringify(redactConfig(parsed.config));

  expect(shown).not.toContain('rahasia');
  expect(shown).toContain('application/json');
  expect(shown).toContain('https://sms.example.co.id/send');
});
