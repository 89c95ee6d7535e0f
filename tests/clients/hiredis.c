// Scenarios with hiredis: prints "ok NAME" for each. Arguments: port, path of a Unix socket.
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void Fail(const char* what, const redisContext* context) {
  fprintf(stderr, "%s: %s\n", what, context != NULL && context->err != 0 ? context->errstr : "not as expected");
  exit(1);
}

static redisContext* Connect(int port) {
  redisContext* context = redisConnect("127.0.0.1", port);
  if (context == NULL || context->err != 0) Fail("connect", context);
  return context;
}

// The next reply, of this type.
static redisReply* Take(redisContext* context, int type, const char* what) {
  void* reply = NULL;
  if (redisGetReply(context, &reply) != REDIS_OK) Fail(what, context);
  if (((redisReply*)reply)->type != type) Fail(what, context);
  return reply;
}

static redisReply* Ask(redisContext* context, int type, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  redisvAppendCommand(context, format, arguments);
  va_end(arguments);
  return Take(context, type, format);
}

static void Expect(redisContext* context, int type, const char* text, const char* command) {
  redisReply* reply = Ask(context, type, command);
  if (type == REDIS_REPLY_INTEGER ? reply->integer != atoll(text) : strcmp(reply->str, text) != 0) Fail(command, context);
  freeReplyObject(reply);
}

static void BinaryValues(redisContext* context) {
  char bytes[70000];
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = (char)(i * 7);
  freeReplyObject(Ask(context, REDIS_REPLY_STATUS, "SET %b %b", "k\0\r\n", (size_t)4, bytes, sizeof bytes));
  redisReply* reply = Ask(context, REDIS_REPLY_STRING, "GET %b", "k\0\r\n", (size_t)4);
  if (reply->len != sizeof bytes || memcmp(reply->str, bytes, sizeof bytes) != 0) Fail("binary value", context);
  freeReplyObject(reply);
  puts("ok values");
}

static void Pipelines(redisContext* context) {
  enum { kCount = 10000 };
  for (int i = 0; i < kCount; ++i) redisAppendCommand(context, "INCR counter");
  for (int i = 0; i < kCount; ++i) {
    redisReply* reply = Take(context, REDIS_REPLY_INTEGER, "INCR");
    if (reply->integer != i + 1) Fail("INCR", context);
    freeReplyObject(reply);
  }
  puts("ok pipelines");
}

static void Transactions(redisContext* context, redisContext* other) {
  Expect(context, REDIS_REPLY_STATUS, "OK", "MULTI");
  Expect(context, REDIS_REPLY_STATUS, "QUEUED", "SET a 1");
  Expect(context, REDIS_REPLY_STATUS, "QUEUED", "INCR a");
  redisReply* reply = Ask(context, REDIS_REPLY_ARRAY, "EXEC");
  if (reply->elements != 2 || reply->element[1]->integer != 2) Fail("EXEC", context);
  freeReplyObject(reply);
  Expect(context, REDIS_REPLY_STATUS, "OK", "WATCH a");
  Expect(other, REDIS_REPLY_INTEGER, "3", "INCR a");
  Expect(context, REDIS_REPLY_STATUS, "OK", "MULTI");
  Expect(context, REDIS_REPLY_STATUS, "QUEUED", "INCR a");
  freeReplyObject(Ask(context, REDIS_REPLY_NIL, "EXEC"));
  puts("ok transactions");
}

static void Messages(redisContext* subscriber, redisContext* publisher) {
  freeReplyObject(Ask(subscriber, REDIS_REPLY_ARRAY, "SUBSCRIBE news"));
  enum { kCount = 1000 };
  for (int i = 0; i < kCount; ++i) redisAppendCommand(publisher, "PUBLISH news %d", i);
  for (int i = 0; i < kCount; ++i) freeReplyObject(Take(publisher, REDIS_REPLY_INTEGER, "PUBLISH"));
  for (int i = 0; i < kCount; ++i) {
    redisReply* reply = Take(subscriber, REDIS_REPLY_ARRAY, "message");
    if (reply->elements != 3 || atoi(reply->element[2]->str) != i) Fail("message", subscriber);
    freeReplyObject(reply);
  }
  freeReplyObject(Ask(subscriber, REDIS_REPLY_ARRAY, "UNSUBSCRIBE"));
  Expect(subscriber, REDIS_REPLY_STATUS, "PONG", "PING");
  puts("ok messages");
}

static void Queues(redisContext* consumer, redisContext* producer) {
  redisAppendCommand(consumer, "BLPOP jobs 0");
  int done = 0;
  while (done == 0) redisBufferWrite(consumer, &done);
  Expect(producer, REDIS_REPLY_INTEGER, "1", "RPUSH jobs work");
  redisReply* reply = Take(consumer, REDIS_REPLY_ARRAY, "BLPOP");
  if (reply->elements != 2 || strcmp(reply->element[1]->str, "work") != 0) Fail("BLPOP", consumer);
  freeReplyObject(reply);
  puts("ok queues");
}

static void Reconnection(redisContext* context, redisContext* admin) {
  redisReply* id = Ask(context, REDIS_REPLY_INTEGER, "CLIENT ID");
  redisReply* killed = Ask(admin, REDIS_REPLY_INTEGER, "CLIENT KILL ID %lld", id->integer);
  if (killed->integer != 1) Fail("CLIENT KILL", admin);
  freeReplyObject(killed);
  freeReplyObject(id);
  void* reply = redisCommand(context, "PING");
  if (reply != NULL || context->err == 0) Fail("a killed connection", context);
  if (redisReconnect(context) != REDIS_OK) Fail("reconnect", context);
  Expect(context, REDIS_REPLY_STATUS, "PONG", "PING");
  puts("ok reconnection");
}

static void UnixSocket(const char* path) {
  redisContext* context = redisConnectUnix(path);
  if (context == NULL || context->err != 0) Fail("Unix socket", context);
  Expect(context, REDIS_REPLY_STATUS, "OK", "SET over unix");
  redisFree(context);
  puts("ok unix socket");
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hiredis-scenarios PORT PATH\n");
    return 1;
  }
  redisContext* one = Connect(atoi(argv[1]));
  redisContext* other = Connect(atoi(argv[1]));
  BinaryValues(one);
  Pipelines(one);
  Transactions(one, other);
  Messages(one, other);
  Queues(one, other);
  Reconnection(one, other);
  UnixSocket(argv[2]);
  redisFree(one);
  redisFree(other);
  return 0;
}
