#include "types/stream_group.h"

#include <algorithm>

namespace zedis::types {

StreamGroup::~StreamGroup() {
  for (std::size_t steps = SIZE_MAX; !FreeSlice(steps);) {
  }
}

std::size_t StreamGroup::MemoryBytes() const {
  std::size_t bytes =
      AllocatedBytes(const_cast<StreamGroup*>(this)) + HeapBytes(name_) + HeapBytes(consumers_) + pending_.HeapBytes();
  if (!pending_.Empty()) bytes += pending_.Size() * AllocatedBytes(pending_.At(pending_.First()));
  for (const StreamConsumer* consumer : consumers_) bytes += consumer->MemoryBytes();
  return bytes;
}

StreamGroup* StreamGroup::Duplicate() const {
  auto* copy = new StreamGroup(name_, last_id, entries_read);
  for (const StreamConsumer* consumer : consumers_) {
    StreamConsumer* twin = copy->CreateConsumer(consumer->Name(), consumer->seen_at_ms);
    twin->active_at_ms = consumer->active_at_ms;
  }
  for (PendingMap::Cursor at = pending_.First(); at != pending_.End(); at = pending_.After(at)) {
    auto* entry = new PendingEntry(*pending_.At(at));
    entry->consumer = copy->FindConsumer(entry->consumer->Name());
    copy->pending_.Insert(pending_.IdAt(at), entry);
    entry->consumer->pending_.Insert(pending_.IdAt(at), entry);
  }
  return copy;
}

CountedVector<StreamConsumer*>::const_iterator StreamGroup::PlaceOf(std::string_view name) const {
  return std::lower_bound(
      consumers_.begin(), consumers_.end(), name,
      [](const StreamConsumer* consumer, std::string_view other) { return consumer->Name() < other; });
}

StreamConsumer* StreamGroup::FindConsumer(std::string_view name) const {
  const auto at = PlaceOf(name);
  return at != consumers_.end() && (*at)->Name() == name ? *at : nullptr;
}

StreamConsumer* StreamGroup::CreateConsumer(std::string_view name, std::int64_t now_ms) {
  return *consumers_.insert(PlaceOf(name), new StreamConsumer(name, now_ms));
}

void StreamGroup::DeleteConsumer(StreamConsumer* consumer) {
  const PendingMap& own = consumer->pending_;
  for (PendingMap::Cursor at = own.First(); at != own.End(); at = own.After(at)) {
    pending_.Erase(own.IdAt(at));
    delete own.At(at);
  }
  consumers_.erase(PlaceOf(consumer->Name()));
  delete consumer;
}

void StreamGroup::Deliver(const StreamId& id, StreamConsumer* consumer, std::int64_t now_ms) {
  // It may be pending already: XGROUP SETID can turn a group back.
  if (PendingEntry* entry = pending_.Empty() || pending_.IdAt(pending_.Last()) < id ? nullptr : FindPending(id)) {
    entry->delivered_at_ms = now_ms;
    entry->deliveries = 1;
    Assign(id, entry, consumer);
    return;
  }
  auto* entry = new PendingEntry;
  entry->delivered_at_ms = now_ms;
  entry->consumer = consumer;
  pending_.Insert(id, entry);
  consumer->pending_.Insert(id, entry);
}

void StreamGroup::Assign(const StreamId& id, PendingEntry* entry, StreamConsumer* consumer) {
  if (entry->consumer == consumer) return;
  entry->consumer->pending_.Erase(id);
  entry->consumer = consumer;
  consumer->pending_.Insert(id, entry);
}

bool StreamGroup::Acknowledge(const StreamId& id) {
  const PendingMap::Cursor at = pending_.LowerBound(id);
  if (at == pending_.End() || pending_.IdAt(at) != id) return false;
  PendingEntry* entry = pending_.At(at);
  entry->consumer->pending_.Erase(id);
  pending_.EraseAt(at);
  delete entry;
  return true;
}

bool StreamGroup::FreeSlice(std::size_t& steps) {
  for (; steps > 0 && !pending_.Empty(); --steps) {
    const PendingMap::Cursor at = pending_.Last();
    delete pending_.At(at);
    pending_.EraseAt(at);
  }
  for (; steps > 0 && !consumers_.empty(); --steps) {
    if (consumers_.back()->pending_.DropLastChunk()) continue;
    delete consumers_.back();
    consumers_.pop_back();
  }
  return pending_.Empty() && consumers_.empty();
}

void StreamGroup::CheckConsistency() const {
  pending_.CheckConsistency();
  std::size_t pending = 0;
  for (std::size_t i = 0; i < consumers_.size(); ++i) {
    StreamConsumer* consumer = consumers_[i];
    CHECK(i == 0 || consumers_[i - 1]->Name() < consumer->Name());
    consumer->pending_.CheckConsistency();
    pending += consumer->pending_.Size();
    for (PendingMap::Cursor at = consumer->pending_.First(); at != consumer->pending_.End();
         at = consumer->pending_.After(at)) {
      PendingEntry* entry = consumer->pending_.At(at);
      CHECK(entry->consumer == consumer);
      const PendingMap::Cursor same = pending_.LowerBound(consumer->pending_.IdAt(at));
      CHECK(same != pending_.End() && pending_.At(same) == entry);
    }
  }
  CHECK(pending == pending_.Size());
}

}  // namespace zedis::types
