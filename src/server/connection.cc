#include "server/connection.h"

#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/memory_count.h"

namespace zedis::server {
namespace {

std::ptrdiff_t AllocatedBytes(void* block) {
  return block == nullptr ? 0 : static_cast<std::ptrdiff_t>(malloc_usable_size(block));
}

}  // namespace

void Tail::Assign(std::string_view bytes) {
  size_ = 0;
  std::memcpy(Room(bytes.size()), bytes.data(), bytes.size());
  size_ = bytes.size();
}

char* Tail::Room(std::size_t count) {
  if (capacity_ - size_ < count) {
    std::size_t wanted = size_ * 2;
    if (wanted < size_ + count) wanted = size_ + count;
    const std::ptrdiff_t before = AllocatedBytes(data_);
    data_ = static_cast<char*>(std::realloc(data_, wanted));
    CHECK(data_ != nullptr);
    base::MemoryCount::AddClient(AllocatedBytes(data_) - before);
    capacity_ = wanted;
  }
  return data_ + size_;
}

void Tail::Prepend(std::string_view bytes) {
  if (bytes.empty()) return;
  Room(bytes.size());
  std::memmove(data_ + bytes.size(), data_, size_);
  std::memcpy(data_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void Tail::DropFront(std::size_t count) {
  size_ -= count;
  if (size_ == 0) return Release();
  std::memmove(data_, data_ + count, size_);
}

void Tail::Release() {
  base::MemoryCount::AddClient(-AllocatedBytes(data_));
  std::free(data_);
  data_ = nullptr;
  size_ = capacity_ = 0;
}

PendingOutput::PendingOutput() { base::MemoryCount::AddClient(sizeof(PendingOutput)); }

PendingOutput::~PendingOutput() {
  while (!parts_.empty()) DropFirst();
  base::MemoryCount::AddClient(-static_cast<std::ptrdiff_t>(sizeof(PendingOutput)));
}

// What is attached is a value, and counted as such as long as anybody holds it.
std::ptrdiff_t PendingOutput::PartBytes(const Part& part) {
  return static_cast<std::ptrdiff_t>(sizeof(Part)) + AllocatedBytes(part.owned.get()) +
         AllocatedBytes(part.attached.get());
}

void PendingOutput::Add(Part part) {
  bytes_ += part.bytes.size();
  base::MemoryCount::AddClient(PartBytes(part));
  parts_.push_back(std::move(part));
}

void PendingOutput::DropFirst() {
  base::MemoryCount::AddClient(-PartBytes(parts_.front()));
  parts_.pop_front();
}

void PendingOutput::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  Part part{.owned = std::make_unique_for_overwrite<char[]>(bytes.size()), .attached = nullptr, .bytes = {}};
  std::memcpy(part.owned.get(), bytes.data(), bytes.size());
  part.bytes = {part.owned.get(), bytes.size()};
  Add(std::move(part));
}

void PendingOutput::Append(resp::Attachment attachment, std::size_t skip) {
  Part part{.owned = nullptr, .attached = std::make_unique<resp::Attachment>(std::move(attachment)), .bytes = {}};
  part.bytes = part.attached->Bytes().substr(skip);
  Add(std::move(part));
}

bool PendingOutput::WriteTo(net::Stream& stream) {
  while (!parts_.empty()) {
    iovec vector[kPartsPerWrite];
    int count = 0;
    for (const Part& part : parts_) {
      if (count == kPartsPerWrite) break;
      vector[count++] = {const_cast<char*>(part.bytes.data()), part.bytes.size()};
    }
    const ssize_t written = stream.SendParts(vector, count);
    if (written < 0) return errno == EAGAIN || errno == EINTR;
    auto left = static_cast<std::size_t>(written);
    bytes_ -= left;
    while (!parts_.empty() && left >= parts_.front().bytes.size()) {
      left -= parts_.front().bytes.size();
      DropFirst();
    }
    if (left > 0) parts_.front().bytes.remove_prefix(left);
  }
  return true;
}

Connection::Connection(net::Stream stream) : Source{Kind::kConnection}, socket(std::move(stream)) {
  base::MemoryCount::AddClient(sizeof(Connection));
}

Connection::~Connection() { base::MemoryCount::AddClient(-static_cast<std::ptrdiff_t>(sizeof(Connection))); }

}  // namespace zedis::server
