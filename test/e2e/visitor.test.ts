/** The demo that stays up, as the README shows it: a person's browser is a phone of a village. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { type Form, readPage } from '../../simulator/phones/page.ts';

const CLI = resolve(import.meta.dirname, '../../scripts/cli.ts');
/** A phone that is let in meets the login servlet, the welcome page and what it wanted. */
const MOST_STEPS = 12;

interface Answer {
  readonly status: number;
  readonly url: string;
  readonly html: string;
}

interface Stage {
  readonly voucher: string;
  readonly proxy: string;
  readonly portal: string;
  readonly blockedName: string;
}

/** As a browser with a proxy for all addresses; follows redirects and refreshes. */
function browserAt(proxy: string) {
  const [host, port] = proxy.split(':') as [string, string];
  const send = async (
    url: string,
    body: string | null,
  ): Promise<Answer & { to: string | null }> => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const headers = { Host: new URL(url).host, ...(body === null ? {} : form) };
    const method = body === null ? 'GET' : 'POST';
    const outgoing = request({ host, port, method, path: url, headers, agent: false });
    outgoing.end(body ?? undefined);
    const [response] = await once(outgoing, 'response');
    const html = await text(response);
    const to = response.headers.location ?? readPage(html, url).refresh?.url ?? null;
    return { status: response.statusCode, url, html, to: to && new URL(to, url).href };
  };
  const follow = async (url: string, body: string | null = null): Promise<Answer> => {
    let answer = await send(url, body);
    for (let step = 0; answer.to !== null && step < MOST_STEPS; step += 1) {
      answer = await send(answer.to, null);
    }
    return answer;
  };
  const fill = async (page: Answer, field: string, values: Readonly<Record<string, string>>) => {
    const isWanted = ({ fields }: Form): boolean => fields.has(field);
    const form = readPage(page.html, page.url).forms.find(isWanted)!;
    const typed = new Map([...form.fields, ...Object.entries(values)]);
    return follow(form.action, new URLSearchParams([...typed]).toString());
  };
  return { open: follow, fill };
}

it('a browser is sent to the portal, logs in, is known to the status page and does not reach what is blocked', async () => {
  const args = ['demo', '--routers', '2', '--phones', '2', '--json'];
  const demo = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(demo, 'exit');
  let said = '';
  const stage = await new Promise<Stage>((found, fail) => {
    demo.stdout.on('data', (chunk) => {
      said += String(chunk);
      if (said.trimEnd().endsWith('}')) found(JSON.parse(said) as Stage);
    });
    demo.once('exit', () => fail(new Error(`the demo ended: ${said}`)));
  });
  try {
    const browser = browserAt(stage.proxy);

    const login = await browser.open('http://berita.example/');
    const agreed = { terms: '1', data: '1' };
    const inside = await browser.fill(login, 'voucher', { ...agreed, voucher: stage.voucher });
    const status = await browser.open(`${stage.portal}/status`);
    const blocked = await browser.open(`http://${stage.blockedName}/`);

    expect(login.html).toContain('name="voucher"');
    expect(inside.status).toBe(200);
    expect(status.html).toContain('action="/logout"');
    expect(blocked.html).toContain('Situs ini diblokir');
  } finally {
    demo.kill('SIGINT');
    await ended;
  }
  expect(demo.exitCode).toBe(0);
});
