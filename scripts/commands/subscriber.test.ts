import { expect, it } from 'vitest';
import { subscribersOfCsv } from './subscriber.ts';

it('reads subscribers, with the village where one is given', () => {
  const text =
    'username,password,tariff,village\nsiti,kata sandi,harian,\nbudi,kata sandi,harian,16.06.01.1009';

  expect(subscribersOfCsv(text)).toEqual([
    {
      username: 'siti',
      password: 'kata sandi',
      tariff: 'harian',
      villageCode: null,
      networkPassword: false,
    },
    {
      username: 'budi',
      password: 'kata sandi',
      tariff: 'harian',
      villageCode: '16.06.01.1009',
      networkPassword: false,
    },
  ]);
});

it('keeps a network password for those who ask for it', () => {
  const text =
    'username,password,tariff,network_password\nsiti,kata sandi,harian,YES\nbudi,kata sandi,harian,no';

  expect(subscribersOfCsv(text).map((one) => one.networkPassword)).toEqual([true, false]);
});

it.each([
  [
    'username,password,tariff,network_password\nsiti,kata sandi,harian,ya',
    'line 2: network_password is yes or no, not "ya"',
  ],
  ['username,tariff\na,b', 'line 1: column password is missing'],
  ['username,password,tariff\ns,kata sandi,harian', 'line 2: username "s" is not 2 to 64'],
  ['username,password,tariff\nsiti,pendek,harian', 'line 2: a password has 8 to 64 characters'],
  ['username,password,tariff\nsiti,kata sandi,', 'line 2: tariff is empty'],
  [
    'username,password,tariff\nsiti,kata sandi,a\nsiti,kata sandi,a',
    'line 3: siti stands in line 2 already',
  ],
])('refuses %j and says where', (text, problem) => {
  expect(() => subscribersOfCsv(text)).toThrow(
    expect.objectContaining({ code: 'SUBSCRIBER_FILE', message: expect.stringContaining(problem) }),
  );
});
