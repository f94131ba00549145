/** Other people's clients against the twin: what they read of it must be what the twin holds. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RouterOSAPI } from 'node-routeros';
import { describe, expect, it } from 'vitest';
import { ADMIN, startTwin, type TestTwin } from '../../../../simulator/api/test-twin.ts';
import { installed } from '../../../fixtures/installed.ts';

const run = promisify(execFile);

describe('node-routeros', () => {
  const connection = (twin: TestTwin, password = ADMIN.password): RouterOSAPI =>
    new RouterOSAPI({ host: '127.0.0.1', port: twin.api.port, user: ADMIN.name, password });

  it('logs in, reads and writes', async () => {
    await using twin = await startTwin({ identity: 'desa-1' });
    const api = await connection(twin).connect();

    const identity = await api.write('/system/identity/print');
    const added = await api.write('/ip/pool/add', ['=name=p', '=ranges=10.0.0.1-10.0.0.9']);
    const pools = await api.write('/ip/pool/print', ['?name=p', '=.proplist=.id,ranges']);
    const interfaces = await api.write('/interface/print');
    const refusal = await api.write('/ip/pool/add', ['=name=p', '=ranges=10.0.0.1']).catch(String);
    await api.close();

    expect(identity).toEqual([{ name: 'desa-1' }]);
    expect(pools).toEqual([{ '.id': added[0]?.ret, ranges: '10.0.0.1-10.0.0.9' }]);
    expect(interfaces).toHaveLength(twin.tree.rows('/interface').length);
    expect(refusal).toContain('already have pool with such name');
  });

  it('is refused with a wrong password', async () => {
    await using twin = await startTwin();

    await expect(connection(twin, 'salah').connect()).rejects.toMatchObject({ errno: 'CANTLOGIN' });
  });
});

// Debian's package belongs to Debian's own python3.
const PYTHON = '/usr/bin/python3';
const hasClient = await installed('librouteros', PYTHON, ['-c', 'import librouteros']);

describe.skipIf(!hasClient)('librouteros', () => {
  it('logs in, reads, writes, selects and hears refusals', async () => {
    await using twin = await startTwin({ identity: 'désa ☕' });

    const { stdout } = await run(PYTHON, ['-c', SCRIPT, String(twin.api.port), ADMIN.password]);

    expect(JSON.parse(stdout)).toEqual({
      identity: [{ name: 'désa ☕' }],
      empty: [],
      added: expect.stringMatching(/^\*/),
      pool: [{ name: 'kolam', ranges: '10.0.0.1-10.0.0.9' }],
      interfaces: twin.tree.rows('/interface').length,
      chosen: [{ name: 'bridge', type: 'bridge' }],
      refused: 'failure: already have pool with such name',
      bad: 'invalid user name or password (6)',
      left: 0,
    });
  });
});

const SCRIPT = `
import json, sys
import librouteros
from librouteros.query import Key
from librouteros.exceptions import TrapError
port, password = int(sys.argv[1]), sys.argv[2]
def connect(word):
    return librouteros.connect('127.0.0.1', 'admin', word, port=port, encoding='utf-8')
try:
    connect('salah')
except TrapError as error:
    bad = error.message
api = connect(password)
pools = api.path('ip', 'pool')
added = pools.add(name='kolam', ranges='10.0.0.1-10.0.0.9')
try:
    pools.add(name='kolam', ranges='10.0.0.1')
except TrapError as error:
    refused = error.message
name, kind, ranges = Key('name'), Key('type'), Key('ranges')
pool = list(pools.select(name, ranges).where(name == 'kolam'))
chosen = list(api.path('interface').select(name, kind).where(kind == 'bridge'))
pools.remove(added)
print(json.dumps({
    'identity': list(api.path('system', 'identity')),
    'empty': list(api.path('ip', 'hotspot')),
    'added': added,
    'pool': pool,
    'interfaces': len(list(api.path('interface'))),
    'chosen': chosen,
    'refused': refused,
    'bad': bad,
    'left': len(list(pools.select(name).where(name == 'kolam'))),
}))
api.close()
`;
