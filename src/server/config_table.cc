#include "server/config_table.h"

#include "server/config_special.h"
#include "server/config_value.h"

namespace zedis::server {
namespace {

using base::Tunables;

constexpr std::string_view kNoYesLocal[] = {"no", "yes", "local"};
constexpr std::string_view kLogLevels[] = {"debug", "verbose", "notice", "warning"};
constexpr std::string_view kLogFormats[] = {"legacy", "logfmt", "json"};
constexpr std::string_view kLogTimestampFormats[] = {"legacy", "iso8601", "milliseconds"};
constexpr std::string_view kSyslogFacilities[] = {"user",   "local0", "local1", "local2", "local3",
                                                  "local4", "local5", "local6", "local7"};
constexpr std::string_view kSupervised[] = {"upstart", "systemd", "auto", "no"};
constexpr std::string_view kShutdownOn[] = {"default", "save", "nosave", "now", "force"};
constexpr std::string_view kMaxmemoryPolicies[] = {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
                                                   "allkeys-lru",  "allkeys-lfu",  "allkeys-random",  "noeviction"};
constexpr std::string_view kAppendFsync[] = {"everysec", "always", "no"};
constexpr std::string_view kDisklessLoad[] = {"disabled", "on-empty-db", "swapdb"};
constexpr std::string_view kPropagationErrors[] = {"ignore", "panic", "panic-on-replicas"};
constexpr std::string_view kSanitizeDump[] = {"no", "yes", "clients"};
constexpr std::string_view kOomScoreAdj[] = {"no", "yes", "relative", "absolute"};
constexpr std::string_view kAclPubsub[] = {"allchannels", "resetchannels"};
constexpr std::string_view kTlsAuthClients[] = {"no", "yes", "optional"};
constexpr std::string_view kEndpointTypes[] = {"ip", "hostname", "unknown-endpoint"};
constexpr std::string_view kConfigSaveBehaviors[] = {"sync", "best-effort"};

constexpr Directive Port(std::string_view name, std::string_view initial) { return Int(name, initial, 0, 65535); }

// Several words, checked by nothing but their number.
constexpr Directive Special(std::string_view name, std::string_view initial, Directive::Parser parser) {
  return String(name, initial).ParsedBy(parser);
}

constexpr Directive Flags(std::string_view name, std::string_view initial, Names names) {
  Directive directive = Enum(name, initial, names);
  directive.kind = ValueKind::kFlags;
  return directive.MultiArg();
}

constexpr Directive MemoryOrPercent(std::string_view name, std::string_view initial) {
  Directive directive = Memory(name, initial, 0, kInt64Max);
  directive.kind = ValueKind::kMemoryOrPercent;
  return directive;
}

constexpr Directive Octal(std::string_view name, std::string_view initial, std::int64_t max) {
  Directive directive = Int(name, initial, 0, max);
  directive.kind = ValueKind::kOctal;
  return directive;
}

constexpr Directive kDirectives[] = {
    // Workers. `threads` is Zedis's own; 0 stands for the number of cores.
    Int("threads", "0", 0, 1024).ParsedBy(ParseThreads).Immutable(),
    Int("io-threads", "1", 1, 128).Immutable().Ignored(),
    Bool("io-threads-do-reads", "no").Immutable().Ignored(),
    String("server-cpulist", "").Alias("server_cpulist").Immutable().Ignored(),
    String("bio-cpulist", "").Alias("bio_cpulist").Immutable().Ignored(),
    String("aof-rewrite-cpulist", "").Alias("aof_rewrite_cpulist").Immutable().Ignored(),
    String("bgsave-cpulist", "").Alias("bgsave_cpulist").Immutable().Ignored(),

    // Network.
    Special("bind", "* -::*", ParseBind).MultiArg(),
    String("bind-source-addr", "").Ignored(),
    Port("port", "6379"),
    Bool("protected-mode", "yes").Tunes(&Tunables::protected_mode),
    Int("tcp-backlog", "511", 0, kInt32Max).Immutable(),
    String("unixsocket", "").Immutable(),
    String("unixsocketgroup", "").Immutable(),
    Octal("unixsocketperm", "0", 0777).Immutable(),
    Int("timeout", "0", 0, kInt32Max).Tunes(&Tunables::client_timeout_s),
    Int("tcp-keepalive", "300", 0, kInt32Max).Tunes(&Tunables::tcp_keepalive_s),
    Int("socket-mark-id", "0", 0, kUint32Max).Immutable().Ignored(),
    Int("max-new-connections-per-cycle", "10", 1, 1000).Tunes(&Tunables::max_new_connections_per_cycle),
    Int("max-new-tls-connections-per-cycle", "1", 1, 1000).Tunes(&Tunables::max_new_tls_connections_per_cycle),

    // TLS. As a client Zedis does not use it yet: there is no replication.
    Port("tls-port", "0"),
    String("tls-cert-file", "").Refreshes(),
    String("tls-key-file", "").Refreshes(),
    String("tls-key-file-pass", "").Sensitive(),
    String("tls-client-cert-file", "").Ignored(),
    String("tls-client-key-file", "").Ignored(),
    String("tls-client-key-file-pass", "").Sensitive().Ignored(),
    String("tls-dh-params-file", "").Refreshes(),
    String("tls-ca-cert-file", "").Refreshes(),
    String("tls-ca-cert-dir", "").Refreshes(),
    Enum("tls-auth-clients", "yes", kTlsAuthClients),
    Bool("tls-replication", "no").Ignored(),
    Bool("tls-cluster", "no").Ignored(),
    String("tls-protocols", ""),
    String("tls-ciphers", ""),
    String("tls-ciphersuites", ""),
    Bool("tls-prefer-server-ciphers", "no"),
    Bool("tls-session-caching", "yes"),
    Int("tls-session-cache-size", "20480", 0, kInt32Max),
    Int("tls-session-cache-timeout", "300", 0, kInt32Max),

    // General.
    Bool("daemonize", "no").Immutable(),
    Enum("supervised", "no", kSupervised).Immutable(),
    String("pidfile", "").Immutable(),
    Enum("loglevel", "notice", kLogLevels),
    String("logfile", "").Immutable(),
    Enum("log-format", "legacy", kLogFormats),
    Enum("log-timestamp-format", "legacy", kLogTimestampFormats),
    Bool("hide-user-data-from-log", "no").Ignored(),
    Bool("syslog-enabled", "no").Immutable().Ignored(),
    String("syslog-ident", "redis").Immutable().Ignored(),
    Enum("syslog-facility", "local0", kSyslogFacilities).Immutable().Ignored(),
    Bool("crash-log-enabled", "yes").Ignored(),
    Bool("crash-memcheck-enabled", "yes").Ignored(),
    Bool("use-exit-on-panic", "no").Hidden().Ignored(),
    Int("databases", "16", 1, kInt32Max).Immutable(),
    Bool("always-show-logo", "no").Immutable().Ignored(),
    Bool("set-proc-title", "yes").Immutable().Ignored(),
    Special("proc-title-template", "{title} {listen-addr} {server-mode}", ParseProcTitleTemplate).Ignored(),
    String("locale-collate", "").Ignored(),
    String("ignore-warnings", "").Ignored(),
    Special("dir", "", ParseDir).Guarded(),
    Enum("enable-protected-configs", "no", kNoYesLocal).Immutable(),
    Enum("enable-debug-command", "no", kNoYesLocal).Immutable(),
    Enum("enable-module-command", "no", kNoYesLocal).Immutable().Ignored(),
    Bool("extended-redis-compatibility", "no").Ignored(),
    String("availability-zone", "").Ignored(),

    // Clients.
    Int("maxclients", "10000", 1, kUint32Max).Tunes(&Tunables::maxclients),
    Memory("proto-max-bulk-len", "536870912", 1024 * 1024, kInt64Max).Tunes(&Tunables::proto_max_bulk_len_bytes),
    Memory("client-query-buffer-limit", "1073741824", 1024 * 1024, kInt64Max)
        .Tunes(&Tunables::client_query_buffer_limit_bytes),
    Special("client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            ParseClientOutputBufferLimit)
        .MultiArg()
        .WrittenBy(WriteClientOutputBufferLimit)
        .Publishes(PublishClientOutputBufferLimit),
    MemoryOrPercent("maxmemory-clients", "0").Tunes(&Tunables::maxmemory_clients_bytes),
    Int("tracking-table-max-keys", "1000000", 0, kInt64Max).Tunes(&Tunables::tracking_table_max_keys),
    Int("prefetch-batch-max-size", "16", 0, 128).Ignored(),

    // Access.
    String("requirepass", "").Sensitive(),
    String("aclfile", "").Immutable(),
    Int("acllog-max-len", "128", 0, kInt64Max),
    Enum("acl-pubsub-default", "resetchannels", kAclPubsub),

    // Memory and expiry.
    Memory("maxmemory", "0", 0, kUint64Max).Tunes(&Tunables::maxmemory_bytes),
    Enum("maxmemory-policy", "noeviction", kMaxmemoryPolicies).Tunes(&Tunables::maxmemory_policy),
    Int("maxmemory-samples", "5", 1, kInt32Max).Tunes(&Tunables::maxmemory_samples),
    Int("maxmemory-eviction-tenacity", "10", 0, 100).Tunes(&Tunables::maxmemory_eviction_tenacity).Ignored(),
    Int("lfu-log-factor", "10", 0, kInt32Max).Tunes(&Tunables::lfu_log_factor),
    Int("lfu-decay-time", "1", 0, kInt32Max).Tunes(&Tunables::lfu_decay_time_min),
    Int("active-expire-effort", "1", 1, 10).Tunes(&Tunables::active_expire_effort).Ignored(),
    Int("hz", "10", 0, kInt32Max).ParsedBy(ParseHz).Tunes(&Tunables::hz).Ignored(),
    Bool("dynamic-hz", "yes").Ignored(),
    Bool("lazyfree-lazy-eviction", "no").Ignored(),
    Bool("lazyfree-lazy-expire", "no").Ignored(),
    Bool("lazyfree-lazy-server-del", "no").Ignored(),
    Bool("lazyfree-lazy-user-del", "no").Ignored(),
    Bool("lazyfree-lazy-user-flush", "no").Ignored(),
    Bool("activerehashing", "yes").Ignored(),
    Bool("activedefrag", "no").Ignored(),
    Memory("active-defrag-ignore-bytes", "104857600", 1, kInt64Max).Ignored(),
    Int("active-defrag-threshold-lower", "10", 0, 1000).Ignored(),
    Int("active-defrag-threshold-upper", "100", 0, 1000).Ignored(),
    Int("active-defrag-cycle-min", "1", 1, 99).Ignored(),
    Int("active-defrag-cycle-max", "25", 1, 99).Ignored(),
    Int("active-defrag-cycle-us", "500", 0, 100000).Ignored(),
    Int("active-defrag-max-scan-fields", "1000", 1, kInt64Max).Ignored(),
    Bool("jemalloc-bg-thread", "yes").Ignored(),
    Bool("disable-thp", "yes").Immutable().Ignored(),
    Enum("oom-score-adj", "no", kOomScoreAdj).Ignored(),
    Special("oom-score-adj-values", "0 200 800", ParseOomScoreAdjValues).MultiArg().Ignored(),
    String("hash-seed", "").Immutable().Sensitive().Ignored(),

    // Encodings.
    Int("list-max-listpack-size", "-2", kInt32Min, kInt32Max)
        .Alias("list-max-ziplist-size")
        .Tunes(&Tunables::list_max_listpack_size),
    Int("list-compress-depth", "0", 0, kInt32Max).Tunes(&Tunables::list_compress_depth),
    Int("hash-max-listpack-entries", "512", 0, kInt64Max)
        .Alias("hash-max-ziplist-entries")
        .Tunes(&Tunables::hash_max_listpack_entries),
    Memory("hash-max-listpack-value", "64", 0, kInt64Max)
        .Alias("hash-max-ziplist-value")
        .Tunes(&Tunables::hash_max_listpack_value_bytes),
    Int("set-max-intset-entries", "512", 0, kInt64Max).Tunes(&Tunables::set_max_intset_entries),
    Int("set-max-listpack-entries", "128", 0, kInt64Max).Tunes(&Tunables::set_max_listpack_entries),
    Memory("set-max-listpack-value", "64", 0, kInt64Max).Tunes(&Tunables::set_max_listpack_value_bytes),
    Int("zset-max-listpack-entries", "128", 0, kInt64Max)
        .Alias("zset-max-ziplist-entries")
        .Tunes(&Tunables::zset_max_listpack_entries),
    Memory("zset-max-listpack-value", "64", 0, kInt64Max)
        .Alias("zset-max-ziplist-value")
        .Tunes(&Tunables::zset_max_listpack_value_bytes),
    Memory("stream-node-max-bytes", "4096", 0, kInt64Max).Tunes(&Tunables::stream_node_max_bytes),
    Int("stream-node-max-entries", "100", 0, kInt64Max).Tunes(&Tunables::stream_node_max_entries),
    Memory("hll-sparse-max-bytes", "3000", 0, kInt64Max).Tunes(&Tunables::hll_sparse_max_bytes),

    // Observation.
    Special("notify-keyspace-events", "", ParseNotifyKeyspaceEvents).Tunes(&Tunables::notify_keyspace_events),
    Int("slowlog-log-slower-than", "10000", -1, kInt64Max)
        .Alias("commandlog-execution-slower-than")
        .Tunes(&Tunables::slowlog_log_slower_than_us)
        .Publishes(PublishCallThresholds),
    Int("slowlog-max-len", "128", 0, kInt64Max)
        .Alias("commandlog-slow-execution-max-len")
        .Tunes(&Tunables::slowlog_max_len),
    Int("commandlog-request-larger-than", "1048576", -1, kInt64Max)
        .Tunes(&Tunables::commandlog_request_larger_than_bytes)
        .Publishes(PublishCallThresholds),
    Int("commandlog-large-request-max-len", "128", 0, kInt64Max).Tunes(&Tunables::commandlog_large_request_max_len),
    Int("commandlog-reply-larger-than", "1048576", -1, kInt64Max)
        .Tunes(&Tunables::commandlog_reply_larger_than_bytes)
        .Publishes(PublishCallThresholds),
    Int("commandlog-large-reply-max-len", "128", 0, kInt64Max).Tunes(&Tunables::commandlog_large_reply_max_len),
    Int("latency-monitor-threshold", "0", 0, kInt64Max)
        .Tunes(&Tunables::latency_monitor_threshold_ms)
        .Publishes(PublishCallThresholds),
    Bool("latency-tracking", "yes").Tunes(&Tunables::latency_tracking),
    Special("latency-tracking-info-percentiles", "50 99 99.9", ParsePercentiles).MultiArg(),
    Int("watchdog-period", "0", 0, kInt32Max).Hidden().Ignored(),

    // Scripts.
    Int("busy-reply-threshold", "5000", 0, kInt64Max).Alias("lua-time-limit").Ignored(),
    Bool("lua-enable-deprecated-api", "no").Immutable().Hidden().Ignored(),

    // Shutdown.
    Int("shutdown-timeout", "10", 0, kInt32Max).Ignored(),
    Flags("shutdown-on-sigint", "default", kShutdownOn).ParsedBy(ParseShutdownOn).Ignored(),
    Flags("shutdown-on-sigterm", "default", kShutdownOn).ParsedBy(ParseShutdownOn).Ignored(),

    // Snapshots.
    Special("save", "", ParseSave).MultiArg().Appends().WrittenBy(WriteSave).OnlyInitial(),
    Bool("stop-writes-on-bgsave-error", "yes").Ignored(),
    Bool("rdbcompression", "yes").Tunes(&Tunables::rdbcompression),
    Bool("rdbchecksum", "yes").Immutable().Ignored(),
    Enum("sanitize-dump-payload", "no", kSanitizeDump).Ignored(),
    Special("dbfilename", "dump.rdb", ParseFileName).Guarded().Ignored(),
    Bool("rdb-del-sync-files", "no").Ignored(),
    Bool("rdb-save-incremental-fsync", "yes").Ignored(),
    Int("rdb-key-save-delay", "0", kInt32Min, kInt32Max).Hidden().Ignored(),
    Int("key-load-delay", "0", kInt32Min, kInt32Max).Hidden().Ignored(),
    Int("loading-process-events-interval-bytes", "2097152", 1024, kInt32Max).Hidden().Ignored(),

    // Append-only file.
    Bool("appendonly", "no").OnlyInitial(),
    Special("appendfilename", "appendonly.aof", ParseFileName).Immutable().Ignored(),
    Special("appenddirname", "appendonlydir", ParseFileName).Immutable().Ignored(),
    Enum("appendfsync", "everysec", kAppendFsync).Ignored(),
    Bool("no-appendfsync-on-rewrite", "no").Ignored(),
    Int("auto-aof-rewrite-percentage", "100", 0, kInt32Max).Ignored(),
    Memory("auto-aof-rewrite-min-size", "67108864", 0, kInt64Max).Ignored(),
    Bool("aof-load-truncated", "yes").Ignored(),
    Bool("aof-use-rdb-preamble", "yes").Ignored(),
    Bool("aof-timestamp-enabled", "no").Ignored(),
    Bool("aof-rewrite-incremental-fsync", "yes").Ignored(),
    Bool("aof-disable-auto-gc", "no").Hidden().Ignored(),

    // Replication.
    Special("replicaof", "", ParseReplicaOf).Alias("slaveof").Immutable().MultiArg().OnlyInitial(),
    String("masterauth", "").Alias("primaryauth").Sensitive().Ignored(),
    String("masteruser", "").Alias("primaryuser").Sensitive().Ignored(),
    Bool("replica-serve-stale-data", "yes").Alias("slave-serve-stale-data").Ignored(),
    Bool("replica-read-only", "yes").Alias("slave-read-only").Ignored(),
    Bool("replica-lazy-flush", "no").Alias("slave-lazy-flush").Ignored(),
    Bool("replica-ignore-maxmemory", "yes").Alias("slave-ignore-maxmemory").Ignored(),
    Bool("replica-ignore-disk-write-errors", "no").Ignored(),
    Bool("replica-announced", "yes").Ignored(),
    String("replica-announce-ip", "").Alias("slave-announce-ip").Ignored(),
    Port("replica-announce-port", "0").Alias("slave-announce-port").Ignored(),
    Int("replica-priority", "100", 0, kInt32Max).Alias("slave-priority").Ignored(),
    Bool("repl-diskless-sync", "yes").Ignored(),
    Int("repl-diskless-sync-delay", "5", 0, kInt32Max).Ignored(),
    Int("repl-diskless-sync-max-replicas", "0", 0, kInt32Max).Ignored(),
    Enum("repl-diskless-load", "disabled", kDisklessLoad).Ignored(),
    Bool("dual-channel-replication-enabled", "no").Ignored(),
    Int("repl-ping-replica-period", "10", 1, kInt32Max).Alias("repl-ping-slave-period").Ignored(),
    Int("repl-timeout", "60", 1, kInt32Max).Ignored(),
    Bool("repl-disable-tcp-nodelay", "no").Ignored(),
    Memory("repl-backlog-size", "1048576", 1, kInt64Max).ParsedBy(ParseReplBacklogSize).Ignored(),
    Int("repl-backlog-ttl", "3600", 0, kInt64Max).Ignored(),
    Int("min-replicas-to-write", "0", 0, kInt32Max).Alias("min-slaves-to-write").Ignored(),
    Int("min-replicas-max-lag", "10", 0, kInt32Max).Alias("min-slaves-max-lag").Ignored(),
    Enum("propagation-error-behavior", "ignore", kPropagationErrors).Ignored(),
    Bool("import-mode", "no").Ignored(),
    Bool("auto-failover-on-shutdown", "no").Ignored(),

    // Cluster.
    Bool("cluster-enabled", "no").Immutable().OnlyInitial(),
    String("cluster-config-file", "nodes.conf").Immutable().Ignored(),
    Enum("cluster-config-save-behavior", "sync", kConfigSaveBehaviors).Ignored(),
    Int("cluster-databases", "1", 1, kInt32Max).Immutable().Ignored(),
    Int("cluster-node-timeout", "15000", 0, kInt64Max).Ignored(),
    Port("cluster-port", "0").Immutable().Ignored(),
    Int("cluster-replica-validity-factor", "10", 0, kInt32Max).Alias("cluster-slave-validity-factor").Ignored(),
    Int("cluster-migration-barrier", "1", 0, kInt32Max).Ignored(),
    Bool("cluster-allow-replica-migration", "yes").Ignored(),
    Bool("cluster-require-full-coverage", "yes").Ignored(),
    Bool("cluster-replica-no-failover", "no").Alias("cluster-slave-no-failover").Ignored(),
    Bool("cluster-allow-reads-when-down", "no").Ignored(),
    Bool("cluster-allow-pubsubshard-when-down", "yes").Ignored(),
    Memory("cluster-link-sendbuf-limit", "0", 0, kUint64Max).Ignored(),
    Int("cluster-blacklist-ttl", "60", 0, kInt64Max).Ignored(),
    Bool("cluster-slot-stats-enabled", "no").Ignored(),
    Int("cluster-slot-migration-log-max-len", "1000", 0, kInt64Max).Ignored(),
    String("cluster-announce-ip", "").Ignored(),
    String("cluster-announce-client-ipv4", "").Ignored(),
    String("cluster-announce-client-ipv6", "").Ignored(),
    Special("cluster-announce-hostname", "", ParseHostName).Ignored(),
    Special("cluster-announce-human-nodename", "", ParseHostName).Ignored(),
    Port("cluster-announce-port", "0").Ignored(),
    Port("cluster-announce-tls-port", "0").Ignored(),
    Port("cluster-announce-bus-port", "0").Ignored(),
    Enum("cluster-preferred-endpoint-type", "ip", kEndpointTypes).Ignored(),
};

constexpr RefusedLine kRefusedLines[] = {
    {"loadmodule", "modules are not supported"},
    {"sentinel", "sentinel mode is not supported"},
    {"test-memory", "testing memory is not supported: memtester and memtest86+ do it"},
    {"check-system", "there is nothing to check: no setting of the system is needed"},
    // Redis accepts these without effect as well.
    {"list-max-ziplist-entries", ""},
    {"list-max-ziplist-value", ""},
    {"lua-replicate-commands", ""},
};

}  // namespace

std::span<const Directive> Directives() { return kDirectives; }

std::optional<DirectiveMatch> FindDirective(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kDirectives); ++i) {
    if (EqualsIgnoringCase(kDirectives[i].name, name)) return DirectiveMatch{i, false};
    if (!kDirectives[i].alias.empty() && EqualsIgnoringCase(kDirectives[i].alias, name)) {
      return DirectiveMatch{i, true};
    }
  }
  return std::nullopt;
}

const RefusedLine* FindRefusedLine(std::string_view name) {
  for (const auto& line : kRefusedLines) {
    if (EqualsIgnoringCase(line.name, name)) return &line;
  }
  return nullptr;
}

}  // namespace zedis::server
