// The bytes that go back to clients: one contiguous buffer per worker, plus large values sent where they lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace zedis::resp {

// Bytes owned by somebody else that belong into the output at `offset`: before the buffer's byte of that offset.
// Lets go of them when it is destroyed.
class Attachment {
 public:
  using Release = void (*)(void* owner);

  Attachment(std::size_t offset, std::string_view bytes, Release release, void* owner)
      : offset_(offset), bytes_(bytes), release_(release), owner_(owner) {}
  ~Attachment() { Drop(); }
  Attachment(Attachment&& other) noexcept
      : offset_(other.offset_),
        bytes_(other.bytes_),
        release_(std::exchange(other.release_, nullptr)),
        owner_(other.owner_) {}
  Attachment& operator=(Attachment&& other) noexcept {
    if (this != &other) {
      Drop();
      offset_ = other.offset_;
      bytes_ = other.bytes_;
      release_ = std::exchange(other.release_, nullptr);
      owner_ = other.owner_;
    }
    return *this;
  }

  std::size_t Offset() const { return offset_; }
  std::string_view Bytes() const { return bytes_; }
  // False once it was moved elsewhere.
  bool Held() const { return release_ != nullptr; }

 private:
  friend class OutputBuffer;

  void Drop() {
    if (release_ != nullptr) std::exchange(release_, nullptr)(owner_);
  }

  std::size_t offset_;
  std::string_view bytes_;
  Release release_;
  void* owner_;
};

// Not safe for several threads: a worker has its own.
class OutputBuffer {
 public:
  OutputBuffer() = default;
  ~OutputBuffer();
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  const char* Data() const { return data_; }
  std::size_t Size() const { return size_; }
  std::string_view Bytes() const { return {data_, size_}; }
  // With what is attached.
  std::size_t TotalBytes() const { return size_ + attached_bytes_; }
  std::size_t Capacity() const { return capacity_; }

  // Room for `count` bytes at the end and kSlackBytes more, which wide copies may scribble on. Commit says how many
  // were really written. The pointer is valid until the next call that may grow the buffer.
  char* Reserve(std::size_t count) {
    if (capacity_ - size_ < count + kSlackBytes) [[unlikely]]
      Grow(count);
    return data_ + size_;
  }
  void Commit(std::size_t count) {
    DCHECK(count <= capacity_ - size_);
    size_ += count;
  }
  // Commits up to `end`, a position behind what Reserve returned.
  void CommitTo(const char* end) { Commit(static_cast<std::size_t>(end - (data_ + size_))); }
  void Append(std::string_view bytes);
  // Replaces `old_size` bytes at `offset`; what follows moves, attachments too.
  void Replace(std::size_t offset, std::size_t old_size, std::string_view bytes);

  // `bytes` stay where they are until `release(owner)` is called, once, from Clear, Truncate or the Attachment.
  void Attach(std::string_view bytes, Attachment::Release release, void* owner);
  // In the order of their offsets.
  std::span<const Attachment> Attachments() const { return attachments_; }
  // For a writer that keeps some for later, by moving them out.
  std::span<Attachment> MutableAttachments() { return attachments_; }
  // Moves them out, for a writer that has to keep some for later.
  std::vector<Attachment> TakeAttachments();

  // Forgets what follows, with what was attached at `size` or later.
  void Truncate(std::size_t size);
  // Empties it, and gives back memory beyond kCapacityKept.
  void Clear();

  static constexpr std::size_t kSlackBytes = 64;
  static constexpr std::size_t kCapacityMin = 16 * 1024;
  static constexpr std::size_t kCapacityKept = 1024 * 1024;

 private:
  void Grow(std::size_t count);

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t attached_bytes_ = 0;
  std::vector<Attachment> attachments_;
};

}  // namespace zedis::resp
