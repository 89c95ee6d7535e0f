// CLUSTER, ASKING, READONLY and READWRITE as a server answers that is no part of a cluster: all say so.
#include "engine/context.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kNoCluster{"ERR This instance has cluster support disabled"};

Outcome Refuse(Context&, Args) { return kNoCluster; }

struct ClusterRow {
  std::string_view name;
  Arity arity;
  std::string_view since;
  std::string_view summary;
  std::string_view syntax = {};
  std::string_view complexity = "O(1)";
  std::string_view history = {};
  std::string_view replaced_by = {};
  std::string_view deprecated_since = {};
};

constexpr std::string_view kUnsteady[] = {"nondeterministic_output"};

constexpr Command MakeClusterRow(const ClusterRow& row, std::uint32_t flags, std::uint32_t categories = 0,
                                 std::span<const std::string_view> tips = {}) {
  return {.name = row.name,
          .arity = row.arity,
          .flags = flags,
          .categories = categories,
          .locks = Locks::kNone,
          .run = Refuse,
          .since = row.since,
          .group = "cluster",
          .summary = row.summary,
          .complexity = row.complexity,
          .tips = tips,
          .deprecated_since = row.deprecated_since,
          .replaced_by = row.replaced_by,
          .syntax = row.syntax,
          .history = row.history};
}
// What asks.
constexpr Command Ask(const ClusterRow& row, std::span<const std::string_view> tips = {}) {
  return MakeClusterRow(row, kStale, 0, tips);
}
// What changes the cluster.
constexpr Command Change(const ClusterRow& row, std::uint32_t more_flags = kNoAsyncLoading,
                         std::span<const std::string_view> tips = {}) {
  return MakeClusterRow(row, kAdmin | kStale | more_flags, 0, tips);
}

constexpr std::string_view kOfSlots = "O(N) where N is the number of slots named";
constexpr std::string_view kOfNodes = "O(N) where N is the number of nodes";

constexpr Command kSubcommands[] = {
    Change({"cluster|addslots", AtLeast(2), "3.0.0", "Gives slots to a node.", "slot:int...", kOfSlots}),
    Change({"cluster|addslotsrange", AtLeast(3), "7.0.0", "Gives ranges of slots to a node.",
            "start-slot_end-slot{start-slot:int end-slot:int}...", kOfSlots}),
    Change({"cluster|bumpepoch", Exactly(1), "3.0.0", "Raises the epoch of a node."}, kNoAsyncLoading, kUnsteady),
    Change({"cluster|count-failure-reports", Exactly(2), "3.0.0", "Counts reports of a node's failure.", "node-id",
            "O(N) where N is the number of reports"},
           0, kUnsteady),
    Ask({"cluster|countkeysinslot", Exactly(2), "3.0.0", "Counts the keys of a slot.", "slot:int"}),
    Change({"cluster|delslots", AtLeast(2), "3.0.0", "Takes slots from a node.", "slot:int...", kOfSlots}),
    Change({"cluster|delslotsrange", AtLeast(3), "7.0.0", "Takes ranges of slots from a node.",
            "start-slot_end-slot{start-slot:int end-slot:int}...", kOfSlots}),
    Change({"cluster|failover", AtLeast(1), "3.0.0", "Lets a replica take over.", "[options(FORCE|TAKEOVER)]"}),
    Change({"cluster|flushslots", Exactly(1), "3.0.0", "Takes all slots from a node."}),
    Change({"cluster|forget", Exactly(2), "3.0.0", "Removes a node.", "node-id"}),
    Ask({"cluster|getkeysinslot", Exactly(3), "3.0.0", "Lists keys of a slot.", "slot:int count:int",
         "O(log(N)) where N is the number of keys wanted"},
        kUnsteady),
    MakeClusterRow({"cluster|help", Exactly(1), "5.0.0", "Describes the subcommands."}, kLoading | kStale),
    Ask({"cluster|info", Exactly(1), "3.0.0", "Describes the state of the cluster."}, kUnsteady),
    Ask({"cluster|keyslot", Exactly(2), "3.0.0", "Tells the slot of a key.", "key",
         "O(N) where N is the length of the key"}),
    Ask({"cluster|links", Exactly(1), "7.0.0", "Lists the links between nodes.", {}, kOfNodes}, kUnsteady),
    Change({"cluster|meet", AtLeast(3), "3.0.0", "Introduces a node.", "ip port:int [cluster_bus_port:int@4.0.0]",
            "O(1)", "4.0.0 The port of the bus."}),
    Ask({"cluster|myid", Exactly(1), "3.0.0", "Tells the identity of the node."}),
    Ask({"cluster|myshardid", Exactly(1), "7.2.0", "Tells the identity of the node's shard."}, kUnsteady),
    Ask({"cluster|nodes", Exactly(1), "3.0.0", "Lists the nodes.", {}, kOfNodes}, kUnsteady),
    Change({"cluster|replicas", Exactly(2), "5.0.0", "Lists the replicas of a node.", "node-id"}, 0, kUnsteady),
    Change({"cluster|replicate", Exactly(2), "3.0.0", "Makes the node a replica.", "node-id"}),
    Change(
        {"cluster|reset", AtLeast(1), "3.0.0", "Lets the node forget the cluster.", "[hard_soft(HARD|SOFT)]", kOfNodes},
        kNoScript),
    Change({"cluster|saveconfig", Exactly(1), "3.0.0", "Writes the node's file."}),
    Change({"cluster|set-config-epoch", Exactly(2), "3.0.0", "Sets the epoch of a new node.", "config-epoch:int"}),
    Change({"cluster|setslot", AtLeast(3), "3.0.0", "Says whose a slot is.",
            "slot:int subcommand(IMPORTING node-id|MIGRATING node-id|NODE node-id|STABLE)"}),
    Ask({"cluster|shards", Exactly(1), "7.0.0", "Lists the shards and their nodes.", {}, kOfNodes}, kUnsteady),
    Change({"cluster|slaves",
            Exactly(2),
            "3.0.0",
            "Lists the replicas of a node.",
            "node-id",
            "O(1)",
            {},
            "`CLUSTER REPLICAS`",
            "5.0.0"},
           0, kUnsteady),
    Ask({"cluster|slots",
         Exactly(1),
         "3.0.0",
         "Lists ranges of slots and their nodes.",
         {},
         kOfNodes,
         "4.0.0 Identities of nodes.\n7.0.0 More of each node's addresses.",
         "`CLUSTER SHARDS`",
         "7.0.0"},
        kUnsteady),
};

constexpr Command kClusterCommands[] = {
    MakeClusterRow({"asking", Exactly(0), "3.0.0", "Lets the next command reach a slot on its way."}, kFast,
                   kCatConnection),
    {.name = "cluster",
     .arity = AtLeast(1),
     .subcommands = kSubcommands,
     .since = "3.0.0",
     .group = "cluster",
     .summary = "Holds the commands about the cluster.",
     .complexity = "Depends on subcommand."},
    MakeClusterRow({"readonly", Exactly(0), "3.0.0", "Lets the connection read from a replica."},
                   kLoading | kStale | kFast, kCatConnection),
    MakeClusterRow({"readwrite", Exactly(0), "3.0.0", "Ends what READONLY began."}, kLoading | kStale | kFast,
                   kCatConnection),
};

}  // namespace

Table ClusterCommands() { return kClusterCommands; }

}  // namespace zedis::server
