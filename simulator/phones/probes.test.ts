import { describe, expect, it } from 'vitest';
import type { HttpResponse } from './http.ts';
import { judgeProbe, type PhoneKind } from './probes.ts';

const response = (status: number, body = ''): HttpResponse => ({
  status,
  headers: new Map(),
  body: Buffer.from(body),
});
const SUCCESS = '<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>';

describe('judgeProbe', () => {
  it.each<[PhoneKind, HttpResponse]>([
    ['android', response(204)],
    ['samsung', response(204)],
    ['xiaomi', response(204)],
    ['huawei', response(204)],
    ['ios', response(200, SUCCESS)],
    ['windows', response(200, 'Microsoft Connect Test')],
    ['firefox', response(200, 'success\n')],
    ['networkmanager', response(200, 'NetworkManager is online\n')],
  ])('%s takes its own answer for the internet', (kind, answer) => {
    expect(judgeProbe(kind, answer)).toBe('internet');
  });

  it.each<[PhoneKind, HttpResponse]>([
    ['android', response(302)],
    ['android', response(200, '<html>')],
    ['ios', response(200, '<html><title>Success</title><body>Masuk</body>')],
    ['ios', response(302)],
    ['windows', response(200, 'Microsoft Connect Test and more')],
    ['firefox', response(511)],
    ['networkmanager', response(302)],
    ['xiaomi', response(200, '<html>')],
  ])('%s takes %o for a portal', (kind, answer) => {
    expect(judgeProbe(kind, answer)).toBe('portal');
  });

  it.each<[PhoneKind, HttpResponse | null]>([
    ['android', null],
    ['ios', response(502)],
  ])('%s shows no sign-in page for %o', (kind, answer) => {
    expect(judgeProbe(kind, answer)).toBe('none');
  });
});
