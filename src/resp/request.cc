#include "resp/request.h"

#include <algorithm>
#include <optional>

#include "base/numbers.h"

namespace zedis::resp {
namespace {

// A request with fewer arguments than this is parsed anew when more bytes arrive; that costs less than remembering.
constexpr std::size_t kArgumentsToRemember = 32;
// An unfinished line of more bytes than this is not searched again.
constexpr std::size_t kLineBytesToRemember = 256;

// An argument of an unfinished request, relative to the request's first byte since the bytes may move.
struct Place {
  std::uint64_t offset;
  std::uint64_t size;
};

// ParseProgress has 48 bits for it; no bulk is that long.
constexpr std::uint64_t kAmountMask = (std::uint64_t{1} << 48) - 1;

enum class Step : std::uint8_t { kDone, kIncomplete, kError };

}  // namespace

struct ParseProgress::Saved {
  std::vector<Place> places;        // arguments that are complete
  std::uint64_t line_offset = 0;    // where the line starts that comes next
  std::uint64_t line_searched = 0;  // bytes of that line known to hold no line end
  std::int64_t remaining = 0;       // arguments still to come; 0 if the first line is not complete
};

ParseProgress::ParseProgress() : amount_(1), error_(ProtocolError::kNone) {}
ParseProgress::~ParseProgress() = default;
ParseProgress::ParseProgress(ParseProgress&&) noexcept = default;
ParseProgress& ParseProgress::operator=(ParseProgress&&) noexcept = default;

std::size_t ParseProgress::MemoryBytes() const {
  return saved_ ? sizeof(Saved) + saved_->places.capacity() * sizeof(Place) : 0;
}

void ParseProgress::Reset() {
  saved_.reset();
  amount_ = 1;
  error_ = ProtocolError::kNone;
}

std::string ParseProgress::ErrorText() const {
  std::string text = "ERR Protocol error: ";
  switch (error_) {
    case ProtocolError::kNone:
      break;
    case ProtocolError::kInvalidMultibulkLength:
      text += "invalid multibulk length";
      break;
    case ProtocolError::kInvalidBulkLength:
      text += "invalid bulk length";
      break;
    case ProtocolError::kExpectedDollar:
      text += "expected '$', got '";
      text += static_cast<char>(amount_);
      text += '\'';
      break;
    case ProtocolError::kTooBigMultibulkCount:
      text += "too big mbulk count string";
      break;
    case ProtocolError::kTooBigBulkCount:
      text += "too big bulk count string";
      break;
    case ProtocolError::kTooBigInline:
      text += "too big inline request";
      break;
    case ProtocolError::kUnbalancedQuotes:
      text += "unbalanced quotes in request";
      break;
    case ProtocolError::kUnauthenticatedMultibulk:
      text += "unauthenticated multibulk length";
      break;
    case ProtocolError::kUnauthenticatedBulk:
      text += "unauthenticated bulk length";
      break;
    // Redis skips the two bytes unseen and goes on out of step; there is no text to follow.
    case ProtocolError::kBulkNotTerminated:
      text += "bulk not terminated by CRLF";
      break;
  }
  return text;
}

void ArgBuffer::Grow(std::size_t needed) {
  const std::size_t capacity = std::max({kCapacityMin, needed, capacity_ * 2});
  auto views = std::make_unique_for_overwrite<std::string_view[]>(capacity);
  std::copy_n(views_.get(), size_, views.get());
  views_ = std::move(views);
  capacity_ = capacity;
}

char* ArgBuffer::AllocateBytes(std::size_t size) {
  return decoded_.emplace_back(std::make_unique_for_overwrite<char[]>(size)).get();
}

void ArgBuffer::Clear() {
  size_ = 0;
  decoded_.clear();
  if (capacity_ > kCapacityKept) [[unlikely]] {
    capacity_ = 0;
    Grow(kCapacityMin);
  }
}

// Parses one request that is not ordinary: long, resumed, inline, incomplete or wrong.
class RequestScanner {
 public:
  RequestScanner(const char* start, const char* end, const RequestLimits& limits, ParseProgress& progress,
                 ArgBuffer& args)
      : start_(start),
        position_(start),
        end_(end),
        limits_(limits),
        progress_(progress),
        args_(args),
        first_argument_(args.Size()) {}

  // Sets `consumed` to the end of the request if there is one; a request may turn out to be empty.
  Step Scan(const char*& consumed) {
    if (progress_.saved_) {
      position_ += progress_.saved_->line_offset;
      searched_ = progress_.saved_->line_searched;
      remaining_ = progress_.saved_->remaining;
    }
    const Step step = *start_ == '*' ? ScanArray() : ScanInline();
    switch (step) {
      case Step::kDone:
        if (progress_.saved_) PrependSavedArguments();
        progress_.Reset();
        consumed = position_;
        break;
      case Step::kIncomplete:
        Save();
        break;
      case Step::kError:
        progress_.saved_.reset();
        break;
    }
    return step;
  }

 private:
  Step Fail(ProtocolError error) {
    progress_.error_ = error;
    return Step::kError;
  }

  // Finds the `terminator` of the line that starts at position_.
  Step FindLineEnd(char terminator, ProtocolError too_big, const char*& line_end) {
    const std::size_t available = static_cast<std::size_t>(end_ - position_);
    const void* const found =
        searched_ < available ? std::memchr(position_ + searched_, terminator, available - searched_) : nullptr;
    const std::size_t size = found ? static_cast<std::size_t>(static_cast<const char*>(found) - position_) : available;
    // Where the line is cut into packets must not matter, so a long line is refused even if its end is there.
    if (size > static_cast<std::size_t>(limits_.max_line_bytes)) return Fail(too_big);
    line_end = position_ + size;
    if (found) return Step::kDone;
    searched_ = available;
    progress_.amount_ = 1;
    return Step::kIncomplete;
  }

  // Reads "<marker>number\r\n" and goes behind it. `number` is empty if it is no canonical integer.
  Step ReadHeader(ProtocolError too_big, ProtocolError invalid, std::string_view& number) {
    const char* line_end;
    const Step step = FindLineEnd('\r', too_big, line_end);
    if (step != Step::kDone) return step;
    if (line_end + 1 == end_) {
      searched_ = static_cast<std::size_t>(line_end - position_);
      progress_.amount_ = 1;
      return Step::kIncomplete;
    }
    if (too_big == ProtocolError::kTooBigBulkCount && *position_ != '$') {
      progress_.amount_ = static_cast<unsigned char>(*position_);
      return Fail(ProtocolError::kExpectedDollar);
    }
    if (line_end[1] != '\n') return Fail(invalid);
    number = {position_ + 1, line_end};
    position_ = line_end + 2;
    searched_ = 0;
    return Step::kDone;
  }

  Step ReadCount() {
    constexpr ProtocolError kInvalid = ProtocolError::kInvalidMultibulkLength;
    std::string_view number;
    const Step step = ReadHeader(ProtocolError::kTooBigMultibulkCount, kInvalid, number);
    if (step != Step::kDone) return step;
    const std::optional<std::int64_t> count = base::ParseInt64(number);
    if (!count || *count > limits_.max_arguments) return Fail(kInvalid);
    if (*count > kUnauthenticatedArgumentsMax && !limits_.authenticated) {
      return Fail(ProtocolError::kUnauthenticatedMultibulk);
    }
    remaining_ = std::max<std::int64_t>(*count, 0);
    return Step::kDone;
  }

  Step ReadBulk() {
    constexpr ProtocolError kInvalid = ProtocolError::kInvalidBulkLength;
    const char* const header = position_;
    std::uint64_t size = 0;
    std::uint32_t short_size;
    const char* bytes = nullptr;
    if (end_ - position_ >= internal::kShortestBulkBytes) {
      bytes = internal::ReadShortLength<'$'>(position_, short_size);
    }
    if (bytes != nullptr) {
      size = short_size;
    } else {
      std::string_view number;
      const Step step = ReadHeader(ProtocolError::kTooBigBulkCount, kInvalid, number);
      if (step != Step::kDone) return step;
      const std::optional<std::int64_t> claimed = base::ParseInt64(number);
      if (!claimed || *claimed < 0 || *claimed > limits_.max_bulk_bytes) return Fail(kInvalid);
      if (*claimed > kUnauthenticatedBulkBytesMax && !limits_.authenticated) {
        return Fail(ProtocolError::kUnauthenticatedBulk);
      }
      bytes = position_;
      size = static_cast<std::uint64_t>(*claimed);
    }
    const auto available = static_cast<std::uint64_t>(end_ - bytes);
    if (available < size + 2) {
      if (available == size + 1 && bytes[size] != '\r') return Fail(ProtocolError::kBulkNotTerminated);
      position_ = header;
      searched_ = 0;
      progress_.amount_ = (size + 2 - available) & kAmountMask;
      return Step::kIncomplete;
    }
    if (internal::Load16(bytes + size) != internal::kCrLf) return Fail(ProtocolError::kBulkNotTerminated);
    args_.Append({bytes, size});
    position_ = bytes + size + 2;
    searched_ = 0;
    return Step::kDone;
  }

  Step ScanArray() {
    if (remaining_ == 0) {
      const Step step = ReadCount();
      if (step != Step::kDone) return step;
    }
    for (; remaining_ > 0; --remaining_) {
      const Step step = ReadBulk();
      if (step != Step::kDone) return step;
    }
    return Step::kDone;
  }

  Step ScanInline() {
    const char* line_end;
    const Step step = FindLineEnd('\n', ProtocolError::kTooBigInline, line_end);
    if (step != Step::kDone) return step;
    std::string_view line(position_, line_end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!SplitInline(line, args_)) return Fail(ProtocolError::kUnbalancedQuotes);
    position_ = line_end + 1;
    return Step::kDone;
  }

  // Keeps what is worth keeping of an incomplete request, and takes its arguments back.
  void Save() {
    const Args found = args_.From(first_argument_);
    if (!progress_.saved_) {
      if (found.size() < kArgumentsToRemember && searched_ < kLineBytesToRemember) {
        args_.Truncate(first_argument_);
        return;
      }
      progress_.saved_ = std::make_unique<ParseProgress::Saved>();
    }
    ParseProgress::Saved& saved = *progress_.saved_;
    for (const std::string_view argument : found) {
      saved.places.push_back({static_cast<std::uint64_t>(argument.data() - start_), argument.size()});
    }
    saved.line_offset = static_cast<std::uint64_t>(position_ - start_);
    saved.line_searched = searched_;
    saved.remaining = remaining_;
    args_.Truncate(first_argument_);
  }

  void PrependSavedArguments() {
    const std::vector<Place>& places = progress_.saved_->places;
    args_.Room(places.size());
    const std::size_t found = args_.Size() - first_argument_;
    args_.Commit(places.size());
    std::string_view* const views = args_.views_.get() + first_argument_;
    std::copy_backward(views, views + found, views + found + places.size());
    for (std::size_t i = 0; i < places.size(); ++i) views[i] = {start_ + places[i].offset, places[i].size};
  }

  const char* const start_;  // first byte of the request
  const char* position_;     // first byte of the line that comes next
  const char* const end_;
  const RequestLimits& limits_;
  ParseProgress& progress_;
  ArgBuffer& args_;
  const std::size_t first_argument_;
  std::size_t searched_ = 0;
  std::int64_t remaining_ = 0;
};

namespace internal {

ParseStatus ParseUnusualRequest(const char*& cursor, const char* end, const RequestLimits& limits,
                                ParseProgress& progress, ArgBuffer& args) {
  const std::size_t first = args.Size();
  while (cursor != end) {
    const char* consumed = cursor;
    switch (RequestScanner(cursor, end, limits, progress, args).Scan(consumed)) {
      case Step::kDone:
        break;
      case Step::kIncomplete:
        return ParseStatus::kIncomplete;
      case Step::kError:
        return ParseStatus::kError;
    }
    cursor = consumed;
    if (args.Size() != first) return ParseStatus::kRequest;
  }
  progress.Reset();
  return ParseStatus::kIncomplete;
}

}  // namespace internal
}  // namespace zedis::resp
