import assert from 'node:assert/strict';
import { BasicClientSideCache, createClient } from 'redis';
import { certificates, play, port, tlsPort, until } from './scenario.mjs';

const open = (options = {}) => createClient({ url: `redis://127.0.0.1:${port}`, ...options }).on('error', () => {}).connect();

async function withClients(count, scenario, options = {}) {
  const clients = await Promise.all(Array.from({ length: count }, () => open(options)));
  try {
    await scenario(...clients);
  } finally {
    for (const client of clients) client.destroy();
  }
}

// Each with both protocols.
const inBoth = (name, scenario) => ({
  [`${name} (RESP2)`]: () => scenario({ RESP: 2 }),
  [`${name} (RESP3)`]: () => scenario({ RESP: 3 }),
});

play({
  ...inBoth('values', (options) =>
    withClients(
      1,
      async (client) => {
        await client.flushAll();
        await client.set('text', 'value', { expiration: { type: 'EX', value: 100 } });
        assert.equal(await client.get('text'), 'value');
        await client.hSet('hash', { name: 'ada', year: 1815 });
        assert.deepEqual({ ...(await client.hGetAll('hash')) }, { name: 'ada', year: '1815' });
        await client.zAdd('scores', [{ score: 1.5, value: 'a' }, { score: -2, value: 'b' }]);
        assert.deepEqual(await client.zRangeWithScores('scores', 0, -1), [{ value: 'b', score: -2 }, { value: 'a', score: 1.5 }]);
        assert.deepEqual([...(await client.sMembers('nothing'))], []);
        await assert.rejects(client.lPush('hash', 'x'), /WRONGTYPE/);
      },
      options,
    ),
  ),

  ...inBoth('pipelines', (options) =>
    withClients(
      1,
      async (client) => {
        await client.del('counter');
        const replies = await Promise.all(Array.from({ length: 5000 }, () => client.incr('counter')));
        assert.equal(replies.at(-1), 5000);
      },
      options,
    ),
  ),

  ...inBoth('transactions', (options) =>
    withClients(
      2,
      async (client, other) => {
        assert.deepEqual(await client.multi().set('a', 1).incr('a').get('a').exec(), ['OK', 2, '2']);
        await client.watch('a');
        await other.set('a', 7);
        await assert.rejects(client.multi().set('a', 8).exec(), /watched/i);
        assert.equal(await client.get('a'), '7');
      },
      options,
    ),
  ),

  ...inBoth('messages', (options) =>
    withClients(
      2,
      async (subscriber, publisher) => {
        const seen = [];
        await subscriber.subscribe('news', (message) => seen.push(Number(message)));
        await subscriber.pSubscribe('n?ws', () => seen.push('pattern'));
        await subscriber.sSubscribe('shard', () => seen.push('shard'));
        await Promise.all(Array.from({ length: 500 }, (_, i) => publisher.publish('news', String(i))));
        await publisher.sPublish('shard', 'x');
        await until(() => seen.length === 1001, 'all messages');
        assert.deepEqual(seen.filter((one) => typeof one === 'number'), Array.from({ length: 500 }, (_, i) => i));
        await subscriber.unsubscribe('news');
        await subscriber.pUnsubscribe('n?ws');
        await subscriber.sUnsubscribe('shard');
        assert.equal(String(await subscriber.ping()), 'PONG');
      },
      options,
    ),
  ),

  ...inBoth('queues', (options) =>
    withClients(
      2,
      async (consumer, producer) => {
        const taken = consumer.blPop(['jobs', 'urgent'], 0);
        await until(async () => /blocked_clients:1/.test(await producer.info('clients')), 'it waits');
        await producer.rPush('urgent', 'now');
        assert.deepEqual({ ...(await taken) }, { key: 'urgent', element: 'now' });
        const ranked = consumer.bzPopMin('ranked', 0);
        await until(async () => /blocked_clients:1/.test(await producer.info('clients')), 'it waits');
        await producer.zAdd('ranked', { score: 2.5, value: 'x' });
        assert.deepEqual({ ...(await ranked) }, { key: 'ranked', value: 'x', score: 2.5 });
      },
      options,
    ),
  ),

  ...inBoth('reconnection', (options) =>
    withClients(
      2,
      async (client, admin) => {
        const id = await client.clientId();
        assert.equal(await admin.clientKill({ filter: 'ID', id }), 1);
        await until(async () => (await client.set('after', 'reconnected').catch(() => null)) === 'OK', 'it is there again');
        assert.notEqual(await client.clientId(), id);
      },
      options,
    ),
  ),

  'client-side caching': async () => {
    const clientSideCache = new BasicClientSideCache({ ttl: 0, maxEntries: 0 });
    await withClients(1, async (writer) => {
      await writer.set('cached', 'old');
      await withClients(
        1,
        async (reader) => {
          assert.equal(await reader.get('cached'), 'old');
          assert.equal(await reader.get('cached'), 'old');
          assert.equal(clientSideCache.stats().hitCount, 1);
          await writer.set('cached', 'new');
          await until(async () => (await reader.get('cached')) === 'new', 'the cache is told');
          await writer.flushAll();
          await until(async () => (await reader.get('cached')) === null, 'a flush empties the cache');
        },
        { RESP: 3, clientSideCache },
      );
    });
  },

  users: () =>
    withClients(1, async (admin) => {
      await admin.aclSetUser('reader', ['on', '>secret', '~public:*', '+@read', '+ping', '+client|setinfo']);
      await admin.set('public:a', 1);
      await withClients(
        1,
        async (reader) => {
          assert.equal(await reader.get('public:a'), '1');
          await assert.rejects(reader.get('private:a'), /NOPERM/);
        },
        { username: 'reader', password: 'secret' },
      );
      await admin.aclDelUser('reader');
    }),

  tls: () =>
    withClients(
      1,
      async (client) => {
        await client.set('over', 'tls');
        assert.equal(await client.get('over'), 'tls');
      },
      { url: `rediss://localhost:${tlsPort}`, socket: { tls: true, host: '127.0.0.1', ...certificates(), servername: 'localhost' } },
    ),
});
