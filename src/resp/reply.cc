#include "resp/reply.h"

namespace zedis::resp {
namespace {

// Room that a deferred header takes when it is opened: right for counts of one digit.
constexpr std::size_t kDeferredBytes = 4;

}  // namespace

void Reply::Line(char marker, std::string_view text) const {
  char* out = out_->Reserve(text.size() + 3);
  *out++ = marker;
  internal::CopyBytes(out, text.data(), text.size());
  out += text.size();
  std::memcpy(out, "\r\n", 2);
  out_->CommitTo(out + 2);
}

void Reply::Error(std::string_view text) const {
  const std::size_t begin = out_->Size() + 1;
  Line('-', text);
  char* const line = out_->Reserve(0) - (out_->Size() - begin);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (line[i] == '\r' || line[i] == '\n') line[i] = ' ';
  }
}

void Reply::NegativeInteger(std::int64_t value) const {
  char* out = out_->Reserve(base::kInt64CharsMax + 3);
  *out++ = ':';
  out = base::FormatInt64(out, value);
  std::memcpy(out, "\r\n", 2);
  out_->CommitTo(out + 2);
}

void Reply::BulkInteger(std::int64_t value) const {
  char digits[base::kInt64CharsMax];
  const char* const end = base::FormatInt64(digits, value);
  Bulk({digits, end});
}

void Reply::BulkAttached(std::string_view bytes, Attachment::Release release, void* owner) const {
  Header('$', bytes.size());
  out_->Attach(bytes, release, owner);
  Constant("\r\n");
}

void Reply::Double(double value) const {
  char digits[base::kDoubleCharsMax];
  const char* const end = base::FormatDouble(digits, value);
  IsResp3() ? Line(',', {digits, end}) : Bulk({digits, end});
}

void Reply::Verbatim(std::string_view format, std::string_view text) const {
  DCHECK(format.size() == 3);
  if (!IsResp3()) return Bulk(text);
  char* out = out_->Reserve(text.size() + 64);
  out = internal::WriteHeader(out, '=', text.size() + 4);
  std::memcpy(out, format.data(), 3);
  out[3] = ':';
  internal::CopyBytes(out + 4, text.data(), text.size());
  out += 4 + text.size();
  std::memcpy(out, "\r\n", 2);
  out_->CommitTo(out + 2);
}

DeferredHeader Reply::Defer(char marker) const {
  const DeferredHeader header(out_->Size(), marker);
  Header(marker, 0);
  return header;
}

void Reply::Close(DeferredHeader header, std::uint64_t count) const {
  char line[32];
  const char* const end = internal::WriteHeader(line, header.marker_, count);
  out_->Replace(header.offset_, kDeferredBytes, {line, end});
}

}  // namespace zedis::resp
