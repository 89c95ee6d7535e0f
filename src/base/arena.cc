#include "base/arena.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/memory_count.h"

namespace zedis::base {
namespace {

// A handle of 32 bits in units of 8 bytes reaches 32 GiB. ThreadSanitizer leaves a program about 1 TiB of
// addresses for all its mappings, so there a shard has less.
#if defined(__SANITIZE_THREAD__)
#define ZEDIS_SMALL_ARENA 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZEDIS_SMALL_ARENA 1
#endif
#endif
#ifdef ZEDIS_SMALL_ARENA
constexpr std::size_t kDataBytes = std::size_t{1} << 30;
#else
constexpr std::size_t kDataBytes = Arena::kBytesMax;
#endif
constexpr std::uint32_t kMaxPages = static_cast<std::uint32_t>(kDataBytes / Arena::kPageBytes);
constexpr std::size_t kRecordBytes = std::size_t{kMaxPages} * 16;
constexpr std::size_t kReservedBytes = kRecordBytes + kDataBytes;

// Opening more of the range is a system call: steps grow with the arena, from 64 KiB to 1 MiB.
constexpr std::uint32_t kMinStepPages = 16;
constexpr std::uint32_t kMaxStepPages = 256;

void Open(void* address, std::size_t bytes) {
  if (mprotect(address, bytes, PROT_READ | PROT_WRITE) != 0) {
    std::fprintf(stderr, "Out of memory: the system refused %zu more bytes (%s). Set maxmemory below what is free.\n",
                 bytes, std::strerror(errno));
    std::abort();
  }
}

}  // namespace

Arena::Arena() {
  void* range = mmap(nullptr, kReservedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(range != MAP_FAILED);
  reservation_ = static_cast<char*>(range);
  pages_ = reinterpret_cast<Page*>(reservation_);
  data_ = reservation_ + kRecordBytes;
  Open(pages_, kPageBytes);  // the records of the first 256 pages; untouched, so not resident
}

Arena::~Arena() {
  CountPages(-static_cast<std::ptrdiff_t>(pages_in_use_.load(std::memory_order_relaxed)));
  munmap(reservation_, kReservedBytes);
}

void Arena::CountPages(std::ptrdiff_t pages) {
  pages_in_use_.store(pages_in_use_.load(std::memory_order_relaxed) + static_cast<std::size_t>(pages),
                      std::memory_order_relaxed);
  MemoryCount::Add(pages * static_cast<std::ptrdiff_t>(kPageBytes));
}

// Makes `pages` new consecutive pages accessible and returns the first. Constant time but for the system call.
std::uint32_t Arena::ExtendBy(std::uint32_t pages) {
  const std::uint32_t first = page_count_;
  CHECK(pages <= kMaxPages - first);
  if (first + pages > page_limit_) {
    std::uint32_t step = page_limit_ / 8;
    step = step < kMinStepPages ? kMinStepPages : step > kMaxStepPages ? kMaxStepPages : step;
    if (step < pages) step = pages;
    if (step > kMaxPages - page_limit_) step = kMaxPages - page_limit_;
    // Page 0 of the data stays closed: nothing is ever read there.
    Open(data_ + std::size_t{page_limit_} * kPageBytes, std::size_t{step} * kPageBytes);
    const std::size_t records_open = (std::size_t{page_limit_} * sizeof(Page) + kPageBytes - 1) / kPageBytes;
    const std::size_t records_needed = (std::size_t{page_limit_ + step} * sizeof(Page) + kPageBytes - 1) / kPageBytes;
    if (records_needed > records_open) {
      Open(reservation_ + records_open * kPageBytes, (records_needed - records_open) * kPageBytes);
    }
    page_limit_ += step;
    peek_limit_.store(((page_limit_ - 1) << 9) - Handle{kMaxBlockBytes / kUnitBytes}, std::memory_order_relaxed);
  }
  page_count_ += pages;
  touched_pages_.store(page_count_, std::memory_order_relaxed);
  pages_taken_ += pages;
  return first;
}

std::uint32_t Arena::TakePage() {
  if (empty_pages_ != 0) {
    const std::uint32_t index = empty_pages_;
    empty_pages_ = pages_[index].next;
    --empty_resident_;
    return index;
  }
  if (returned_pages_ != 0) {
    const std::uint32_t index = returned_pages_;
    returned_pages_ = pages_[index].next;
    ++pages_taken_;
    return index;
  }
  if (free_runs_[0] != kNone) {
    const Handle handle = free_runs_[0];
    std::memcpy(&free_runs_[0], At(handle), sizeof(Handle));
    --empty_resident_;
    return PageOf(handle);
  }
  return ExtendBy(1);
}

bool Arena::CollapseNext() {
  constexpr int kMadviseCollapse = 25;  // MADV_COLLAPSE of Linux 6.1, which the C library does not name yet
  constexpr std::size_t kHugeBytes = std::size_t{2} << 20;
  if (collapsed_to_ == nullptr) {
    const auto first = reinterpret_cast<std::uintptr_t>(data_ + kPageBytes);
    collapsed_to_ = data_ + kPageBytes + (-first & (kHugeBytes - 1));
  }
  // The last step of pages may not have been written to yet.
  const std::size_t touched = std::size_t{touched_pages()} * kPageBytes;
  if (collapsed_to_ + kHugeBytes > data_ + touched) return false;
  // Refused where huge pages are turned off or memory is short or scattered; then it stays as it is.
  madvise(collapsed_to_, kHugeBytes, kMadviseCollapse);
  collapsed_to_ += kHugeBytes;
  return true;
}

void Arena::PushRoom(std::uint8_t size_class, std::uint32_t index) {
  Page& page = pages_[index];
  const std::uint32_t head = with_room_[size_class];
  page.previous = 0;
  page.next = head;
  if (head != 0) pages_[head].previous = index;
  with_room_[size_class] = index;
}

void Arena::RemoveRoom(std::uint8_t size_class, std::uint32_t index) {
  Page& page = pages_[index];
  if (page.previous != 0) {
    pages_[page.previous].next = page.next;
  } else {
    with_room_[size_class] = page.next;
  }
  if (page.next != 0) pages_[page.next].previous = page.previous;
}

// No freed block at hand: takes the next untouched block of a page, or a new page.
Arena::Handle Arena::AllocateSlow(std::uint8_t size_class) {
  std::uint32_t index = with_room_[size_class];
  if (index == 0) {
    index = TakePage();
    pages_[index] =
        Page{.free_head = 0, .used = 0, .fresh = 0, .size_class = size_class, .state = kSlab, .previous = 0, .next = 0};
    CountPages(1);
    PushRoom(size_class, index);
  }
  Page& page = pages_[index];
  CHECK(page.fresh < kClasses.per_page[size_class]);
  const std::uint32_t number = (page.fresh + colour_) % kClasses.per_page[size_class];
  const Handle handle = (index << 9) + number * (kClasses.bytes[size_class] / static_cast<Handle>(kUnitBytes));
  ++page.fresh;
  if (++page.used == kClasses.per_page[size_class]) RemoveRoom(size_class, index);
  CountBlock(kClasses.bytes[size_class]);
  return handle;
}

void Arena::Free(Handle handle) {
  const std::uint32_t index = PageOf(handle);
  Page& page = pages_[index];
  DCHECK(handle != kNone && (page.state == kSlab || page.state == kEvacuating) && page.used > 0);
  const std::uint8_t size_class = page.size_class;
  CountBlock(-static_cast<std::ptrdiff_t>(kClasses.bytes[size_class]));
  const bool was_full = page.used == kClasses.per_page[size_class];
  --page.used;
  // The last page with room stays, empty or not: a key that is set and deleted again must not cost a page each time.
  if (page.used == 0 && !was_full && !(with_room_[size_class] == index && page.next == 0)) return MakeEmpty(index);
  *reinterpret_cast<std::uint16_t*>(At(handle)) = page.free_head;
  page.free_head = static_cast<std::uint16_t>((handle & 511) + 1);
  if (was_full) PushRoom(size_class, index);
}

// A page that is being evacuated is in no list of pages with room.
void Arena::MakeEmpty(std::uint32_t index) {
  Page& page = pages_[index];
  if (page.state == kSlab) RemoveRoom(page.size_class, index);
  page.state = kEmpty;
  page.next = empty_pages_;
  empty_pages_ = index;
  ++empty_resident_;
  CountPages(-1);
}

Arena::Handle Arena::AllocatePages(unsigned order) {
  CHECK(order < kMaxOrder);
  const std::uint32_t count = 1u << order;
  CountBlock(static_cast<std::ptrdiff_t>(count * kPageBytes));
  CountPages(static_cast<std::ptrdiff_t>(count));
  if (free_runs_[order] != kNone) {
    const Handle handle = free_runs_[order];
    std::memcpy(&free_runs_[order], At(handle), sizeof(Handle));
    empty_resident_ -= count;
    return handle;
  }
  const std::uint32_t first = ExtendBy(count);
  pages_[first] = Page{.free_head = 0, .used = 0, .fresh = 0, .size_class = 0, .state = kRun, .previous = 0, .next = 0};
  return first << 9;
}

// A run is kept for the next array of its size: arrays double, so what is kept is less than what is in use.
void Arena::FreePages(Handle handle, unsigned order) {
  const std::uint32_t count = 1u << order;
  CountBlock(-static_cast<std::ptrdiff_t>(count * kPageBytes));
  CountPages(-static_cast<std::ptrdiff_t>(count));
  empty_resident_ += count;
  std::memcpy(At(handle), &free_runs_[order], sizeof(Handle));
  free_runs_[order] = handle;
}

std::size_t Arena::Trim(std::size_t max_pages) {
  std::size_t returned = 0;
  while (empty_pages_ != 0 && returned < max_pages) {
    const std::uint32_t index = empty_pages_;
    empty_pages_ = pages_[index].next;
    madvise(data_ + std::size_t{index} * kPageBytes, kPageBytes, MADV_DONTNEED);
    pages_[index].next = returned_pages_;
    returned_pages_ = index;
    --empty_resident_;
    ++returned;
  }
  return returned;
}

}  // namespace zedis::base
