import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { certificates, play, port, tlsPort, until } from './scenario.mjs';

const open = (options = {}) => new Redis({ port, host: '127.0.0.1', ...options });

async function withClients(count, scenario, options = {}) {
  const clients = Array.from({ length: count }, () => open(options));
  try {
    await scenario(...clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

play({
  values: () =>
    withClients(1, async (client) => {
      const bytes = Buffer.from(Array.from({ length: 1 << 16 }, (_, i) => i & 255));
      await client.set('bytes', bytes, 'EX', 100);
      assert.deepEqual(await client.getBuffer('bytes'), bytes);
      await client.hset('hash', { name: 'ada', year: 1815 });
      assert.deepEqual(await client.hgetall('hash'), { name: 'ada', year: '1815' });
      await client.zadd('scores', 1.5, 'a', -2, 'b');
      assert.deepEqual(await client.zrange('scores', 0, -1, 'WITHSCORES'), ['b', '-2', 'a', '1.5']);
      await assert.rejects(client.lpush('hash', 'x'), /WRONGTYPE/);
    }),

  pipelines: () =>
    withClients(1, async (client) => {
      const pipeline = client.pipeline();
      for (let i = 0; i < 5000; ++i) pipeline.incr('counter');
      const replies = await pipeline.exec();
      assert.deepEqual(replies.at(-1), [null, 5000]);
    }),

  transactions: () =>
    withClients(1, async (client) => {
      const replies = await client.multi().set('a', 1).incr('a').lpush('a', 'x').get('a').exec();
      assert.deepEqual(replies.filter(([error]) => !error), [[null, 'OK'], [null, 2], [null, '2']]);
      assert.match(String(replies[2][0]), /WRONGTYPE/);
      await assert.rejects(client.multi().set('a').exec(), /EXECABORT/);
    }),

  watch: () =>
    withClients(2, async (client, other) => {
      await client.set('balance', 10);
      await client.watch('balance');
      await other.set('balance', 11);
      assert.equal(await client.multi().set('balance', 12).exec(), null);
      await client.watch('balance');
      assert.deepEqual(await client.multi().set('balance', 12).exec(), [[null, 'OK']]);
      assert.equal(await client.get('balance'), '12');
    }),

  messages: () =>
    withClients(2, async (subscriber, publisher) => {
      const seen = [];
      subscriber.on('message', (channel, message) => seen.push([channel, message]));
      subscriber.on('pmessage', (pattern, channel, message) => seen.push([pattern, channel, message]));
      assert.equal(await subscriber.subscribe('news'), 1);
      assert.equal(await subscriber.psubscribe('n?ws'), 2);
      const receivers = await Promise.all(Array.from({ length: 500 }, (_, i) => publisher.publish('news', String(i))));
      assert(receivers.every((count) => count === 2));
      await until(() => seen.length === 1000, 'all messages');
      const direct = seen.filter((one) => one.length === 2).map((one) => Number(one[1]));
      assert.deepEqual(direct, Array.from({ length: 500 }, (_, i) => i));
      await subscriber.unsubscribe('news');
      await subscriber.punsubscribe('n?ws');
      assert.equal(await subscriber.ping(), 'PONG');
    }),

  queues: () =>
    withClients(3, async (one, two, producer) => {
      const taken = Promise.all([one.blpop('jobs', 'urgent', 0), two.blpop('jobs', 0)]);
      await until(async () => /blocked_clients:2/.test(await producer.info('clients')), 'both wait');
      await producer.rpush('jobs', 'first', 'second');
      const values = (await taken).map(([, value]) => value);
      assert.deepEqual(values.sort(), ['first', 'second']);
      assert.equal(await one.blpop('jobs', 0.05), null);
    }),

  streams: () =>
    withClients(2, async (consumer, producer) => {
      await producer.xgroup('CREATE', 'events', 'group', '$', 'MKSTREAM');
      const read = consumer.xreadgroup('GROUP', 'group', 'me', 'BLOCK', 0, 'STREAMS', 'events', '>');
      await until(async () => /blocked_clients:1/.test(await producer.info('clients')), 'it waits');
      const id = await producer.xadd('events', '*', 'kind', 'test');
      assert.deepEqual(await read, [['events', [[id, ['kind', 'test']]]]]);
      assert.equal(await consumer.xack('events', 'group', id), 1);
    }),

  scans: () =>
    withClients(1, async (client) => {
      const pipeline = client.pipeline();
      for (let i = 0; i < 1000; ++i) pipeline.set(`scanned:${i}`, i);
      await pipeline.exec();
      const keys = new Set();
      for await (const some of client.scanStream({ match: 'scanned:*', count: 50 })) some.forEach((key) => keys.add(key));
      assert.equal(keys.size, 1000);
    }),

  reconnection: () =>
    withClients(2, async (client, admin) => {
      client.on('error', () => {});
      const id = await client.client('ID');
      assert.equal(await admin.client('KILL', 'ID', id), 1);
      await client.set('after', 'reconnected');
      assert.equal(await client.get('after'), 'reconnected');
      assert.notEqual(await client.client('ID'), id);
    }),

  users: () =>
    withClients(1, async (admin) => {
      await admin.acl('SETUSER', 'reader', 'on', '>secret', '~public:*', '+@read', '+ping', '+info');
      await admin.set('public:a', 1);
      const reader = open({ username: 'reader', password: 'secret' });
      assert.equal(await reader.get('public:a'), '1');
      await assert.rejects(reader.get('private:a'), /NOPERM/);
      await assert.rejects(reader.set('public:a', 2), /NOPERM/);
      reader.disconnect();
      await admin.acl('DELUSER', 'reader');
    }),

  tls: () =>
    withClients(
      1,
      async (client) => {
        await client.set('over', 'tls');
        assert.equal(await client.get('over'), 'tls');
      },
      { port: tlsPort, tls: { ...certificates(), servername: 'localhost' } },
    ),
});
