#include "server/memory_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/visit.h"
#include "server/info.h"
#include "server/services.h"

namespace zedis::server {
namespace {

using engine::Context;

double Ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Names and values, counted, since databases without keys are left out.
class Fields {
 public:
  explicit Fields(const resp::Reply& reply) : reply_(reply), map_(reply.DeferMap()) {}
  void Add(std::string_view name, std::uint64_t value) {
    Name(name);
    reply_.Integer(static_cast<std::int64_t>(value));
  }
  void AddSigned(std::string_view name, std::int64_t value) {
    Name(name);
    reply_.Integer(value);
  }
  void AddDouble(std::string_view name, double value) {
    Name(name);
    reply_.Double(value);
  }
  void Name(std::string_view name) {
    reply_.Bulk(name);
    ++count_;
  }
  void Close() { reply_.CloseMap(map_, count_); }

 private:
  const resp::Reply& reply_;
  resp::DeferredHeader map_;
  std::uint64_t count_ = 0;
};

}  // namespace

void ReplyMemoryStats(Context& ctx, const MemoryFigures& figures) {
  Fields fields(ctx.reply);
  fields.Add("peak.allocated", figures.peak);
  fields.Add("total.allocated", figures.used);
  fields.Add("startup.allocated", figures.startup);
  for (const char* none : {"replication.backlog", "clients.slaves"}) fields.Add(none, 0);
  fields.Add("clients.normal", figures.clients);
  for (const char* none : {"cluster.links", "aof.buffer", "lua.caches", "functions.caches"}) fields.Add(none, 0);
  for (std::size_t i = 0; i < figures.index_bytes.size(); ++i) {
    if (figures.index_bytes[i] == 0) continue;
    fields.Name(fmt::format("db.{}", i));
    ctx.reply.MapHeader(2);
    ctx.reply.Bulk("overhead.hashtable.main");
    ctx.reply.Integer(static_cast<std::int64_t>(figures.index_bytes[i]));
    // Times to live lie in the entries, and marks beside the tags of the one table find them.
    ctx.reply.Bulk("overhead.hashtable.expires");
    ctx.reply.Integer(0);
  }
  std::uint64_t index_bytes = 0;
  for (const std::uint64_t bytes : figures.index_bytes) index_bytes += bytes;
  fields.Add("overhead.db.hashtable.lut", index_bytes);
  fields.Add("overhead.db.hashtable.rehashing", 0);
  fields.Add("overhead.total", figures.Overhead());
  // Redis 7.4 has db.dict.rehashing.count here, which redis-py takes for a database.
  fields.Add("keys.count", figures.keys);
  const std::uint64_t grown = figures.used > figures.startup ? figures.used - figures.startup : 0;
  fields.Add("keys.bytes-per-key", figures.keys == 0 ? 0 : grown / figures.keys);
  fields.Add("dataset.bytes", figures.Dataset());
  fields.AddDouble("dataset.percentage", Ratio(figures.Dataset(), grown) * 100);
  fields.AddDouble("peak.percentage", Ratio(figures.used, figures.peak) * 100);
  fields.Add("allocator.allocated", figures.blocks);
  fields.Add("allocator.active", figures.used);
  fields.Add("allocator.resident", figures.used + figures.empty_pages);
  fields.Add("allocator.muzzy", 0);
  fields.AddDouble("allocator-fragmentation.ratio", Ratio(figures.used, figures.blocks));
  fields.Add("allocator-fragmentation.bytes", figures.used - figures.blocks);
  fields.AddDouble("allocator-rss.ratio", Ratio(figures.used + figures.empty_pages, figures.used));
  fields.Add("allocator-rss.bytes", figures.empty_pages);
  const std::uint64_t held = figures.used + figures.empty_pages;
  fields.AddDouble("rss-overhead.ratio", Ratio(figures.resident, held));
  fields.AddSigned("rss-overhead.bytes", static_cast<std::int64_t>(figures.resident) - static_cast<std::int64_t>(held));
  fields.AddDouble("fragmentation", Ratio(figures.resident, figures.used));
  fields.AddSigned("fragmentation.bytes",
                   static_cast<std::int64_t>(figures.resident) - static_cast<std::int64_t>(figures.used));
  fields.Close();
}

std::string MemoryAdvice(Context& ctx, const MemoryFigures& figures) {
  constexpr std::uint64_t kTooLittle = std::uint64_t{5} << 20;
  constexpr std::uint64_t kClientBytesMany = std::uint64_t{200} << 10;
  if (figures.used < kTooLittle) return "The server uses too little memory for a judgement: less than 5 MiB.\n";
  std::string advice;
  const auto note = [&]<class... T>(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(advice), format, std::forward<T>(values)...);
  };
  if (Ratio(figures.peak, figures.used) > 1.5) {
    note(
        "- Peak: {} were used at most, {} are used now. The process may still hold some of it; MEMORY PURGE gives "
        "empty pages back.\n",
        HumanBytes(figures.peak), HumanBytes(figures.used));
  }
  if (Ratio(figures.used, figures.blocks) > 1.1) {
    note(
        "- Fragmentation: {} of {} lie free between blocks in use. Compaction is on its way to make pages of it; with "
        "`maxmemory` it counts as free already.\n",
        HumanBytes(figures.used - figures.blocks), HumanBytes(figures.used));
  }
  if (Ratio(figures.resident, figures.used + figures.empty_pages) > 1.4) {
    note(
        "- Resident memory: the process holds {}, the server knows of {}. The rest is with the allocator of large "
        "blocks, or belongs to buffers that were needed for a moment.\n",
        HumanBytes(figures.resident), HumanBytes(figures.used + figures.empty_pages));
  }
  const std::size_t clients = ServicesOf(ctx).clients.Count();
  if (clients > 0 && figures.clients / clients > kClientBytesMany) {
    note(
        "- Clients: their buffers take {} for each of {}. CLIENT LIST shows whose; `maxmemory-clients` and "
        "`client-output-buffer-limit` bound them.\n",
        HumanBytes(figures.clients / clients), clients);
  }
  return advice.empty() ? "Nothing about the memory of this server is out of the ordinary.\n"
                        : "What stands out:\n\n" + advice;
}

std::string ArenaTable(Context& ctx) {
  std::string text = "Arenas, one a shard, in bytes:\n";
  engine::VisitShards(ctx, [&](int shard) {
    const base::Arena& arena = ctx.keyspace.shard(shard).arena;
    fmt::format_to(std::back_inserter(text), "{:4}: blocks {} pages {} empty pages {} pages ever taken {}\n", shard,
                   arena.used_bytes(), arena.page_bytes(), arena.empty_page_bytes(), arena.pages_taken());
    return true;
  });
  return text;
}

}  // namespace zedis::server
