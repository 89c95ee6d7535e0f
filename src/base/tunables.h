// Settings that hot paths read: any thread may read one at any time without a lock.
//
// The configuration writes them (CONFIG SET, start-up); nobody else does. Reads and writes are relaxed: a
// worker may see a change a moment later than another, never a torn value, and two settings changed by one
// CONFIG SET may become visible one after the other. The initial values are those of the table of directives.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace zedis::base {

class Tunable {
 public:
  constexpr explicit Tunable(std::int64_t initial) : value_(initial) {}
  std::int64_t Get() const { return value_.load(std::memory_order_relaxed); }
  bool IsOn() const { return Get() != 0; }
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_;
};

// In the order of the names that `maxmemory-policy` accepts.
enum class MaxmemoryPolicy : std::int64_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoEviction,
};

// Bits of `notify_keyspace_events`, with the letter of the directive.
enum NotifyFlag : std::uint32_t {
  kNotifyKeyspace = 1u << 0,  // K
  kNotifyKeyevent = 1u << 1,  // E
  kNotifyGeneric = 1u << 2,   // g
  kNotifyString = 1u << 3,    // $
  kNotifyList = 1u << 4,      // l
  kNotifySet = 1u << 5,       // s
  kNotifyHash = 1u << 6,      // h
  kNotifyZset = 1u << 7,      // z
  kNotifyExpired = 1u << 8,   // x
  kNotifyEvicted = 1u << 9,   // e
  kNotifyStream = 1u << 10,   // t
  kNotifyKeyMiss = 1u << 11,  // m, not part of A
  kNotifyModule = 1u << 12,   // d
  kNotifyNew = 1u << 13,      // n, not part of A
  kNotifyAll = kNotifyGeneric | kNotifyString | kNotifyList | kNotifySet | kNotifyHash | kNotifyZset | kNotifyExpired |
               kNotifyEvicted | kNotifyStream | kNotifyModule,  // A
};

// Classes of clients in `client-output-buffer-limit`, in the order CONFIG GET shows them.
enum class OutputClass : std::size_t { kNormal, kReplica, kPubsub };
inline constexpr std::size_t kOutputClasses = 3;

struct OutputBufferLimit {
  Tunable hard_bytes{0};  // 0: no limit
  Tunable soft_bytes{0};  // 0: no limit
  Tunable soft_seconds{0};
};

// What dispatch compares every call with, to see which of them deserve a closer look (engine/call_stats.h). Made of the
// settings of the logs of commands.
struct CallThresholds {
  Tunable arguments{16};            // from so many on a call is always timed; 0: every call is
  Tunable request_bytes{64 << 10};  // the same for the size of the request
  Tunable reply_bytes{1 << 20};     // from this size on a reply is reported
  Tunable watchers{0};              // of all calls: not 0 while there are any
};

struct Tunables {
  // Memory and eviction.
  Tunable maxmemory_bytes{0};          // 0: no limit; values over 2^63-1 are held as 2^63-1
  Tunable maxmemory_clients_bytes{0};  // 0: no limit; negative: minus so many percent of maxmemory
  Tunable maxmemory_policy{static_cast<std::int64_t>(MaxmemoryPolicy::kNoEviction)};
  Tunable maxmemory_samples{5};             // keys looked at per eviction
  Tunable maxmemory_eviction_tenacity{10};  // 0 (least delay) to 100 (evict until under the cap)
  Tunable lfu_log_factor{10};               // how slowly the access counter saturates
  Tunable lfu_decay_time_min{1};            // minutes until the counter loses one
  Tunable active_expire_effort{1};          // 1 to 10
  Tunable hz{10};                           // ticks of periodic work per second, 1 to 500

  // Encodings of small collections. Entries are counts, values are bytes.
  Tunable list_max_listpack_size{-2};  // positive: entries per node; -1 to -5: 4, 8, 16, 32, 64 KiB per node
  Tunable list_compress_depth{0};      // nodes at either end that stay uncompressed; 0: no compression
  Tunable hash_max_listpack_entries{512};
  Tunable hash_max_listpack_value_bytes{64};
  Tunable set_max_intset_entries{512};
  Tunable set_max_listpack_entries{128};
  Tunable set_max_listpack_value_bytes{64};
  Tunable zset_max_listpack_entries{128};
  Tunable zset_max_listpack_value_bytes{64};
  Tunable stream_node_max_bytes{4096};   // 0: no limit
  Tunable stream_node_max_entries{100};  // 0: no limit
  Tunable hll_sparse_max_bytes{3000};
  Tunable rdbcompression{1};  // bool

  // Connections.
  Tunable maxclients{10000};
  Tunable client_timeout_s{0};   // 0: never
  Tunable tcp_keepalive_s{300};  // 0: off
  Tunable protected_mode{1};     // bool
  Tunable max_new_connections_per_cycle{10};
  Tunable max_new_tls_connections_per_cycle{1};
  Tunable proto_max_bulk_len_bytes{512ll << 20};
  Tunable client_query_buffer_limit_bytes{1ll << 30};
  OutputBufferLimit output_buffer_limits[kOutputClasses];  // by OutputClass
  Tunable tracking_table_max_keys{1000000};                // 0: no limit

  // Observation.
  Tunable notify_keyspace_events{0};                      // bits: NotifyFlag
  Tunable slowlog_log_slower_than_us{10000};              // negative: off; 0: everything
  Tunable slowlog_max_len{128};                           // entries
  Tunable commandlog_request_larger_than_bytes{1 << 20};  // negative: off; 0: everything
  Tunable commandlog_large_request_max_len{128};
  Tunable commandlog_reply_larger_than_bytes{1 << 20};  // negative: off; 0: everything
  Tunable commandlog_large_reply_max_len{128};
  Tunable latency_monitor_threshold_ms{0};  // 0: off
  Tunable latency_tracking{1};              // bool
  CallThresholds call_thresholds;
  Tunable client_pause{0};  // not 0 while clients are paused

  Tunables() {
    auto& replica = output_buffer_limits[static_cast<std::size_t>(OutputClass::kReplica)];
    replica.hard_bytes.Set(256ll << 20);
    replica.soft_bytes.Set(64ll << 20);
    replica.soft_seconds.Set(60);
    auto& pubsub = output_buffer_limits[static_cast<std::size_t>(OutputClass::kPubsub)];
    pubsub.hard_bytes.Set(32ll << 20);
    pubsub.soft_bytes.Set(8ll << 20);
    pubsub.soft_seconds.Set(60);
  }
};

}  // namespace zedis::base
