#include "resp/output.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/memory_count.h"

namespace zedis::resp {

OutputBuffer::~OutputBuffer() {
  base::MemoryCount::AddClient(-static_cast<std::ptrdiff_t>(capacity_));
  std::free(data_);
}

void OutputBuffer::Grow(std::size_t count) {
  const std::size_t needed = size_ + count + kSlackBytes;
  CHECK(needed > count);
  const std::size_t capacity = std::max({kCapacityMin, needed, capacity_ * 2});
  char* const data = static_cast<char*>(std::realloc(data_, capacity));
  CHECK(data != nullptr);
  base::MemoryCount::AddClient(static_cast<std::ptrdiff_t>(capacity - capacity_));
  data_ = data;
  capacity_ = capacity;
}

void OutputBuffer::Append(std::string_view bytes) {
  char* const out = Reserve(bytes.size());
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  Commit(bytes.size());
}

void OutputBuffer::Replace(std::size_t offset, std::size_t old_size, std::string_view bytes) {
  DCHECK(offset + old_size <= size_);
  if (bytes.size() > old_size) Reserve(bytes.size() - old_size);
  char* const out = data_ + offset;
  if (bytes.size() != old_size) {
    std::memmove(out + bytes.size(), out + old_size, size_ - offset - old_size);
    size_ = size_ - old_size + bytes.size();
    for (auto it = attachments_.rbegin(); it != attachments_.rend() && it->offset_ >= offset + old_size; ++it) {
      it->offset_ = it->offset_ - old_size + bytes.size();
    }
  }
  std::memcpy(out, bytes.data(), bytes.size());
}

void OutputBuffer::Attach(std::string_view bytes, Attachment::Release release, void* owner) {
  attachments_.emplace_back(size_, bytes, release, owner);
  attached_bytes_ += bytes.size();
}

std::vector<Attachment> OutputBuffer::TakeAttachments() {
  attached_bytes_ = 0;
  return std::exchange(attachments_, {});
}

void OutputBuffer::Truncate(std::size_t size) {
  DCHECK(size <= size_);
  size_ = size;
  while (!attachments_.empty() && attachments_.back().offset_ >= size) {
    attached_bytes_ -= attachments_.back().bytes_.size();
    attachments_.pop_back();
  }
}

void OutputBuffer::Clear() {
  size_ = 0;
  attached_bytes_ = 0;
  attachments_.clear();
  if (capacity_ > kCapacityKept) {
    base::MemoryCount::AddClient(-static_cast<std::ptrdiff_t>(capacity_));
    std::free(std::exchange(data_, nullptr));
    capacity_ = 0;
  }
}

}  // namespace zedis::resp
