#include "server/tracking_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/hash.h"

namespace zedis::server {
namespace {

std::uint64_t HashOf(std::uint64_t number) {
  return base::HashBytes({reinterpret_cast<const char*>(&number), sizeof number}, 7);
}

std::set<ClientNumber> Taken(TrackingTable& table, std::uint64_t hash) {
  std::set<ClientNumber> clients;
  const bool found = table.Take(hash, [&](ClientNumber client) { EXPECT_TRUE(clients.insert(client).second); });
  EXPECT_EQ(found, !clients.empty());
  return clients;
}

TEST(TrackingTableTest, ForgetsAKeyWithItsClients) {
  TrackingTable table(1);
  table.Add(1, 10);
  table.Add(1, 11);
  table.Add(1, 10);
  table.Add(2, 10);
  EXPECT_EQ(table.keys(), 2u);
  EXPECT_EQ(table.items(), 3u);
  EXPECT_EQ(Taken(table, 1), (std::set<ClientNumber>{10, 11}));
  EXPECT_EQ(Taken(table, 1), std::set<ClientNumber>{});
  EXPECT_EQ(Taken(table, 2), std::set<ClientNumber>{10});
  EXPECT_EQ(table.items(), 0u);
}

TEST(TrackingTableTest, AMillionKeysOfOneClientTakeLessThan20BytesEach) {
  for (const std::size_t parts : {8u, 256u}) {
    TrackingTable table(parts);
    std::size_t most = 0;
    for (std::uint64_t i = 0; i < 1'000'000; ++i) {
      table.Add(HashOf(i), 1);
      if (i > 100'000 && i % 1000 == 0) most = std::max(most, table.bytes() * 1000 / table.keys());
    }
    EXPECT_LT(most, 20'000u) << "thousandths of a byte";
  }
}

TEST(TrackingTableTest, KeysOfTheSameClientsShareASet) {
  ClientSets sets;
  ClientSets::Name a = sets.Add(ClientSets::Only(3), 1);
  ClientSets::Name b = sets.Add(ClientSets::Only(1), 3);
  EXPECT_EQ(a, b);
  a = sets.Add(a, 2);
  EXPECT_EQ(sets.sets(), 2u);
  EXPECT_EQ(sets.Members(a).size(), 3u);
  EXPECT_EQ(sets.Members(b).size(), 2u);
  sets.Release(b);
  EXPECT_EQ(sets.sets(), 1u);
  sets.Release(a);
  EXPECT_EQ(sets.sets(), 0u);
}

TEST(TrackingTableTest, AnswersLikeAPlainMap) {
  TrackingTable table(4);
  std::map<std::uint64_t, std::set<ClientNumber>> model;
  std::uint64_t state = 1;
  const auto random = [&](std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  for (int step = 0; step < 200'000; ++step) {
    // Waves of adding and of taking, so that tables grow and shrink.
    const bool adding = random(100) < (step / 20'000 % 2 == 0 ? 70u : 35u);
    const std::uint64_t hash = HashOf(random(5000));
    if (adding) {
      const auto client = static_cast<ClientNumber>(1 + random(5));
      table.Add(hash, client);
      model[hash].insert(client);
    } else if (random(10) == 0 && !model.empty()) {
      std::uint64_t taken = 0;
      std::set<ClientNumber> clients;
      table.TakeAny(random(~0u) << 32 | random(~0u), [&](std::uint64_t any, ClientNumber client) {
        taken = any;
        clients.insert(client);
      });
      ASSERT_TRUE(model.contains(taken));
      ASSERT_EQ(clients, model[taken]);
      model.erase(taken);
    } else {
      const auto found = model.find(hash);
      ASSERT_EQ(Taken(table, hash), found == model.end() ? std::set<ClientNumber>{} : found->second);
      if (found != model.end()) model.erase(found);
    }
    ASSERT_EQ(table.keys(), model.size());
  }
  std::size_t items = 0;
  for (const auto& [hash, clients] : model) items += clients.size();
  EXPECT_EQ(table.items(), items);
  table.Clear();
  EXPECT_EQ(table.keys() + table.items(), 0u);
}

}  // namespace
}  // namespace zedis::server
