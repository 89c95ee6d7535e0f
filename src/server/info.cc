#include "server/info.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/memory_count.h"
#include "base/numbers.h"
#include "base/version.h"
#include "engine/blocking.h"
#include "engine/visit.h"
#include "engine/watches.h"
#include "server/info_calls.h"
#include "server/info_expiry.h"
#include "server/memory_figures.h"
#include "server/services.h"
#include "server/supervisor.h"

namespace zedis::server {
namespace {

using engine::Context;
using engine::WorkerStats;

// Collects "name:value" lines.
class Fields {
 public:
  void Title(std::string_view title) {
    if (!text_.empty()) text_ += "\r\n";
    text_ += "# ";
    text_ += title;
    text_ += "\r\n";
  }
  template <class T>
  void Add(std::string_view name, const T& value) {
    fmt::format_to(std::back_inserter(text_), "{}:{}\r\n", name, value);
  }
  // The same number also for people: name_human.
  void AddBytes(std::string_view name, std::uint64_t bytes) {
    Add(name, bytes);
    fmt::format_to(std::back_inserter(text_), "{}_human:{}\r\n", name, HumanBytes(bytes));
  }
  void AddFixed(std::string_view name, double value, int decimals) {
    fmt::format_to(std::back_inserter(text_), "{}:{:.{}f}\r\n", name, value, decimals);
  }
  std::string& text() { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

void Server(Context& ctx, Fields& fields) {
  const Services& services = ServicesOf(ctx);
  utsname system{};
  uname(&system);
  const std::int64_t uptime_s = std::max<std::int64_t>(0, ctx.now_ms - services.identity.started_ms) / 1000;
  const std::int64_t hz = services.config.Number("hz");
  fields.Add("redis_version", base::kRedisVersion);
  fields.Add("zedis_version", base::kZedisVersion);
  fields.Add("redis_git_sha1", "00000000");
  fields.Add("redis_git_dirty", 0);
  fields.Add("redis_build_id", services.identity.build_id);
  fields.Add("redis_mode", "standalone");
  fields.Add("os", fmt::format("{} {} {}", system.sysname, system.release, system.machine));
  fields.Add("arch_bits", sizeof(void*) * 8);
  fields.Add("monotonic_clock", "POSIX clock_gettime");
  fields.Add("multiplexing_api", "epoll");
  fields.Add("atomicvar_api", "c++-atomic");
  fields.Add("gcc_version", fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__));
  fields.Add("process_id", getpid());
  const auto supervised = static_cast<Supervision>(services.config.Number("supervised"));
  fields.Add("process_supervised", SupervisionName(DetectSupervision(supervised)));
  fields.Add("run_id", services.identity.run_id);
  fields.Add("tcp_port", services.config.Number("port"));
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  fields.Add("server_time_usec", std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000);
  fields.Add("uptime_in_seconds", uptime_s);
  fields.Add("uptime_in_days", uptime_s / 86400);
  fields.Add("hz", hz);
  fields.Add("configured_hz", hz);
  fields.Add("lru_clock", (ctx.now_ms / 1000) & store::kAccessMask);
  fields.Add("worker_threads", services.metrics.workers());
  fields.Add("executable", services.identity.executable);
  fields.Add("config_file", services.config.file());
  fields.Add("io_threads_active", 0);
  int listener = 0;
  for (const auto& [name, directive] : {std::pair{"tcp", "port"}, std::pair{"tls", "tls-port"}}) {
    const std::int64_t port = services.config.Number(directive);
    if (port == 0) continue;
    fields.Add(fmt::format("listener{}", listener++),
               fmt::format("name={},bind={},port={}", name, services.config.Text("bind"), port));
  }
}

void AddWaiting(Context& ctx, Fields& fields) {
  if (ctx.blocking == nullptr) return;
  const engine::WaitTable& waiters = ctx.blocking->table();
  fields.Add("blocked_clients", waiters.clients());
  fields.Add("clients_in_timeout_table", waiters.clients_with_deadline());
  fields.Add("total_blocking_keys", waiters.keys());
  fields.Add("total_blocking_keys_on_nokey", waiters.keys_of_groups());
}

void Clients(Context& ctx, Fields& fields) {
  const Services& services = ServicesOf(ctx);
  std::uint64_t count = 0;
  std::uint64_t watching = 0;
  std::uint64_t largest_input = 0;
  std::uint64_t largest_output = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t tracking = 0;
  services.clients.ForEach([&](const ClientRegistry::Client& client) {
    ++count;
    watching += client.session->watched_keys.Get() != 0;
    largest_input = std::max<std::uint64_t>(largest_input, client.session->input_capacity.Get());
    largest_output = std::max<std::uint64_t>(largest_output, client.session->output_bytes.Get());
    const std::uint32_t flags = client.session->shown_flags.Get();
    subscribers += (flags & engine::Session::kShowPubsub) != 0 ? 1 : 0;
    tracking += (flags & engine::Session::kShowTracking) != 0 ? 1 : 0;
  });
  fields.Add("connected_clients", count);
  fields.Add("cluster_connections", 0);
  fields.Add("maxclients", ctx.tunables.maxclients.Get());
  fields.Add("client_recent_max_input_buffer", largest_input);
  fields.Add("client_recent_max_output_buffer", largest_output);
  AddWaiting(ctx, fields);
  fields.Add("tracking_clients", tracking);
  fields.Add("pubsub_clients", subscribers);
  fields.Add("watching_clients", watching);
  fields.Add("total_watched_keys", ctx.watches->keys());
}

// What the shards' arenas hold. Blocks beside them, of more than a kilobyte, are in used_memory only.
void Arenas(Context& ctx, Fields& fields) {
  std::size_t used = 0;
  std::size_t pages = 0;
  std::size_t empty = 0;
  std::uint64_t taken = 0;
  std::uint64_t moved = 0;
  int running = 0;
  engine::VisitShards(ctx, [&](int number) {
    const base::Arena& arena = ctx.keyspace.shard(number).arena;
    used += arena.used_bytes();
    pages += arena.page_bytes();
    empty += arena.empty_page_bytes();
    taken += arena.pages_taken();
    moved += ctx.keyspace.shard(number).compaction.moved_blocks();
    running += ctx.keyspace.shard(number).compaction.running() ? 1 : 0;
    return true;
  });
  fields.Add("active_defrag_running", running > 0 ? 1 : 0);
  // Blocks, pages that hold any, and with the empty ones that are kept.
  const std::size_t active = base::MemoryCount::UsedBytes();
  const std::size_t allocated = active + used - pages;
  fields.Add("allocator_allocated", allocated);
  fields.Add("allocator_active", active);
  fields.Add("allocator_resident", active + empty);
  fields.AddFixed("allocator_frag_ratio",
                  allocated == 0 ? 1.0 : static_cast<double>(active) / static_cast<double>(allocated), 2);
  fields.Add("allocator_frag_bytes", active - allocated);
  fields.AddFixed("allocator_rss_ratio",
                  active == 0 ? 1.0 : static_cast<double>(active + empty) / static_cast<double>(active), 2);
  fields.Add("allocator_rss_bytes", empty);
  fields.Add("arena_used_bytes", used);
  fields.Add("arena_page_bytes", pages);
  fields.Add("arena_empty_page_bytes", empty);
  fields.Add("arena_pages_taken", taken);
  fields.Add("arena_moved_blocks", moved);
}

void Memory(Context& ctx, Fields& fields) {
  const Services& services = ServicesOf(ctx);
  const std::uint64_t used = base::MemoryCount::UsedBytes();
  const std::uint64_t peak = services.metrics.PeakBytes();
  const std::uint64_t resident = ResidentBytes();
  const auto total =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  fields.AddBytes("used_memory", used);
  fields.AddBytes("used_memory_rss", resident);
  fields.AddBytes("used_memory_peak", peak);
  fields.Add("used_memory_peak_perc",
             fmt::format("{:.2f}%", peak == 0 ? 0.0 : static_cast<double>(used) * 100 / static_cast<double>(peak)));
  fields.AddBytes("total_system_memory", total);
  for (const char* none :
       {"used_memory_lua", "used_memory_vm_eval", "used_memory_scripts_eval", "number_of_cached_scripts",
        "number_of_functions", "number_of_libraries", "used_memory_vm_functions", "used_memory_vm_total",
        "used_memory_functions", "used_memory_scripts"}) {
    fields.Add(none, 0);
  }
  fields.AddBytes("maxmemory", static_cast<std::uint64_t>(ctx.tunables.maxmemory_bytes.Get()));
  fields.Add("maxmemory_policy", services.config.Text("maxmemory-policy"));
  fields.AddFixed("mem_fragmentation_ratio",
                  used == 0 ? 0.0 : static_cast<double>(resident) / static_cast<double>(used), 2);
  fields.Add("mem_fragmentation_bytes", static_cast<std::int64_t>(resident) - static_cast<std::int64_t>(used));
  for (const char* none : {"mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers",
                           "mem_clients_slaves"}) {
    fields.Add(none, 0);
  }
  fields.Add("mem_clients_normal", base::MemoryCount::ClientBytes());
  fields.Add("mem_cluster_links", 0);
  fields.Add("mem_aof_buffer", 0);
  // The index grows in place and pages are given back at once, so there is nothing of these.
  fields.Add("mem_overhead_db_hashtable_rehashing", 0);
  fields.Add("allocator_muzzy", 0);
  fields.Add("mem_allocator", "zedis-arena,mimalloc");
  Arenas(ctx, fields);
}

void Persistence(Context& ctx, Fields& fields) {
  const Services& services = ServicesOf(ctx);
  fields.Add("loading", 0);
  fields.Add("async_loading", 0);
  // Nothing forks.
  for (const char* none : {"current_cow_peak", "current_cow_size", "current_cow_size_age"}) fields.Add(none, 0);
  fields.AddFixed("current_fork_perc", 0, 2);
  fields.Add("current_save_keys_processed", 0);
  fields.Add("current_save_keys_total", 0);
  fields.Add("rdb_changes_since_last_save", services.metrics.Sum(&WorkerStats::changes));
  fields.Add("rdb_bgsave_in_progress", 0);
  fields.Add("rdb_last_save_time", services.identity.started_ms / 1000);
  fields.Add("rdb_last_bgsave_status", "ok");
  fields.Add("rdb_last_bgsave_time_sec", -1);
  fields.Add("rdb_current_bgsave_time_sec", -1);
  fields.Add("rdb_saves", 0);
  fields.Add("rdb_last_cow_size", 0);
  fields.Add("rdb_last_load_keys_expired", 0);
  fields.Add("rdb_last_load_keys_loaded", 0);
  fields.Add("aof_enabled", 0);
  fields.Add("aof_rewrite_in_progress", 0);
  fields.Add("aof_rewrite_scheduled", 0);
  fields.Add("aof_last_rewrite_time_sec", -1);
  fields.Add("aof_current_rewrite_time_sec", -1);
  fields.Add("aof_last_bgrewrite_status", "ok");
  fields.Add("aof_rewrites", 0);
  fields.Add("aof_rewrites_consecutive_failures", 0);
  fields.Add("aof_last_write_status", "ok");
  fields.Add("aof_last_cow_size", 0);
  fields.Add("module_fork_in_progress", 0);
  fields.Add("module_fork_last_cow_size", 0);
}

// How many percent of the keys with a time to live are due and not erased yet.
double StalePercent(Context& ctx) {
  std::uint64_t sampled = 0;
  std::uint64_t due = 0;
  for (const KeyspaceCounts& counts : CountKeyspace(ctx)) {
    sampled += counts.sampled;
    due += counts.due;
  }
  return sampled == 0 ? 0 : static_cast<double>(due) * 100 / static_cast<double>(sampled);
}

void Stats(Context& ctx, Fields& fields) {
  const Metrics& metrics = ServicesOf(ctx).metrics;
  const Metrics::Rates rates = metrics.CurrentRates();
  const auto sum = [&](std::string_view name, Metrics::Member counter) { fields.Add(name, metrics.Sum(counter)); };
  const auto none = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) fields.Add(name, 0);
  };
  sum("total_connections_received", &WorkerStats::connections);
  fields.Add("total_commands_processed", metrics.CallsOfAll());
  fields.Add("instantaneous_ops_per_sec", rates.commands_per_s);
  sum("total_net_input_bytes", &WorkerStats::bytes_in);
  sum("total_net_output_bytes", &WorkerStats::bytes_out);
  none({"total_net_repl_input_bytes", "total_net_repl_output_bytes"});
  fields.AddFixed("instantaneous_input_kbps", rates.input_kib_per_s, 2);
  fields.AddFixed("instantaneous_output_kbps", rates.output_kib_per_s, 2);
  fields.AddFixed("instantaneous_input_repl_kbps", 0, 2);
  fields.AddFixed("instantaneous_output_repl_kbps", 0, 2);
  sum("rejected_connections", &WorkerStats::rejected_connections);
  none({"sync_full", "sync_partial_ok", "sync_partial_err"});
  sum("expired_subkeys", &WorkerStats::expired_fields);
  sum("expired_keys", &WorkerStats::expired_keys);
  fields.AddFixed("expired_stale_perc", StalePercent(ctx), 2);
  sum("expired_time_cap_reached_count", &WorkerStats::expiry_out_of_time);
  fields.Add("expire_cycle_cpu_milliseconds", metrics.SumUs(&WorkerStats::expiry_ticks) / 1000);
  sum("evicted_keys", &WorkerStats::evicted_keys);
  sum("evicted_clients", &WorkerStats::evicted_clients);
  none({"evicted_scripts", "total_eviction_exceeded_time", "current_eviction_exceeded_time"});
  sum("keyspace_hits", &WorkerStats::keyspace_hits);
  sum("keyspace_misses", &WorkerStats::keyspace_misses);
  const Pubsub& pubsub = ServicesOf(ctx).pubsub;
  fields.Add("pubsub_channels", pubsub.Channels(ChannelKind::kChannel).size());
  fields.Add("pubsub_patterns", pubsub.patterns());
  fields.Add("pubsubshard_channels", pubsub.Channels(ChannelKind::kShard).size());
  const Tracking& tracking = ServicesOf(ctx).tracking;
  fields.Add("tracking_total_keys", tracking.keys());
  fields.Add("tracking_total_items", tracking.items());
  fields.Add("tracking_total_prefixes", tracking.prefixes());
  none({"latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys", "active_defrag_hits",
        "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time",
        "current_active_defrag_time"});
  none({"unexpected_error_replies"});
  fields.Add("total_error_replies", metrics.ErrorsOfAll());
  none({"dump_payload_sanitizations"});
  sum("total_reads_processed", &WorkerStats::reads);
  sum("total_writes_processed", &WorkerStats::writes);
  none({"io_threaded_reads_processed", "io_threaded_writes_processed", "reply_buffer_shrinks", "reply_buffer_expands"});
  sum("client_query_buffer_limit_disconnections", &WorkerStats::query_buffer_disconnections);
  sum("client_output_buffer_limit_disconnections", &WorkerStats::output_buffer_disconnections);
  sum("eventloop_cycles", &WorkerStats::loop_cycles);
  fields.Add("eventloop_duration_sum", metrics.SumUs(&WorkerStats::loop_ticks));
  fields.Add("eventloop_duration_cmd_sum", metrics.SumUs(&WorkerStats::command_ticks));
  fields.Add("instantaneous_eventloop_cycles_per_sec", rates.cycles_per_s);
  fields.Add("instantaneous_eventloop_duration_usec", rates.cycle_us);
  sum("acl_access_denied_auth", &WorkerStats::denied_logins);
  sum("acl_access_denied_cmd", &WorkerStats::denied_commands);
  sum("acl_access_denied_key", &WorkerStats::denied_keys);
  sum("acl_access_denied_channel", &WorkerStats::denied_channels);
  sum("acl_access_denied_db", &WorkerStats::denied_databases);
}

void Replication(Context& ctx, Fields& fields) {
  fields.Add("role", "master");
  fields.Add("connected_slaves", 0);
  fields.Add("master_failover_state", "no-failover");
  fields.Add("master_replid", ServicesOf(ctx).identity.replication_id);
  fields.Add("master_replid2", "0000000000000000000000000000000000000000");
  fields.Add("master_repl_offset", 0);
  fields.Add("second_repl_offset", -1);
  fields.Add("repl_backlog_active", 0);
  fields.Add("repl_backlog_size", ServicesOf(ctx).config.Number("repl-backlog-size"));
  fields.Add("repl_backlog_first_byte_offset", 0);
  fields.Add("repl_backlog_histlen", 0);
}

void Cpu(Context&, Fields& fields) {
  const auto add = [&](std::string_view name, const timeval& time) {
    fields.Add(name, fmt::format("{}.{:06}", time.tv_sec, time.tv_usec));
  };
  rusage self{};
  rusage children{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  add("used_cpu_sys", self.ru_stime);
  add("used_cpu_user", self.ru_utime);
  add("used_cpu_sys_children", children.ru_stime);
  add("used_cpu_user_children", children.ru_utime);
}

void Nothing(Context&, Fields&) {}

void Cluster(Context&, Fields& fields) { fields.Add("cluster_enabled", 0); }

void Keyspace(Context& ctx, Fields& fields) {
  const std::vector<KeyspaceCounts> databases = CountKeyspace(ctx);
  for (std::size_t i = 0; i < databases.size(); ++i) {
    const KeyspaceCounts& counts = databases[i];
    if (counts.keys == 0) continue;
    fields.Add(fmt::format("db{}", i), fmt::format("keys={},expires={},avg_ttl={},subexpiry={}", counts.keys,
                                                   counts.expires, counts.MeanTtlMs(), counts.with_volatile_fields));
  }
}

void CommandStats(Context& ctx, Fields& fields) { AppendCommandStats(ctx, fields.text()); }
void ErrorStats(Context& ctx, Fields& fields) { AppendErrorStats(ctx, fields.text()); }
void LatencyStats(Context& ctx, Fields& fields) { AppendLatencyStats(ctx, fields.text()); }

// In the order of INFO. What is not part of "default" comes only by name, "all" or "everything", which differ in the
// modules' own sections.
struct Section {
  std::string_view name;
  std::string_view title;
  void (*write)(Context&, Fields&);
  enum : std::uint8_t { kDefault, kAll } part_of;
};
constexpr Section kSections[] = {
    {"server", "Server", Server, Section::kDefault},
    {"clients", "Clients", Clients, Section::kDefault},
    {"memory", "Memory", Memory, Section::kDefault},
    {"persistence", "Persistence", Persistence, Section::kDefault},
    {"stats", "Stats", Stats, Section::kDefault},
    {"replication", "Replication", Replication, Section::kDefault},
    {"cpu", "CPU", Cpu, Section::kDefault},
    {"modules", "Modules", Nothing, Section::kDefault},
    {"commandstats", "Commandstats", CommandStats, Section::kAll},
    {"errorstats", "Errorstats", ErrorStats, Section::kDefault},
    {"latencystats", "Latencystats", LatencyStats, Section::kAll},
    {"cluster", "Cluster", Cluster, Section::kDefault},
    {"keyspace", "Keyspace", Keyspace, Section::kDefault},
};

bool IsWanted(const Section& section, std::string_view name) {
  if (engine::EqualsIgnoreCase("default", name)) return section.part_of == Section::kDefault;
  return engine::EqualsIgnoreCase("all", name) || engine::EqualsIgnoreCase("everything", name) ||
         engine::EqualsIgnoreCase(section.name, name);
}

}  // namespace

std::string HumanBytes(std::uint64_t bytes) {
  static constexpr char kUnits[] = {'K', 'M', 'G', 'T', 'P', 'E'};
  if (bytes < 1024) return fmt::format("{}B", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return fmt::format("{:.2f}{}", value, kUnits[unit]);
}

std::string InfoText(Context& ctx, std::span<const std::string_view> names) {
  static constexpr std::string_view kDefaultOnly[] = {"default"};
  if (names.empty()) names = kDefaultOnly;
  Fields fields;
  for (const Section& section : kSections) {
    if (!std::ranges::any_of(names, [&](std::string_view name) { return IsWanted(section, name); })) continue;
    fields.Title(section.title);
    section.write(ctx, fields);
  }
  return fields.Take();
}

}  // namespace zedis::server
