// Redis's listpack, in which an RDB file holds small collections, the nodes of lists and the entries of streams:
//
//   | total bytes, 4 | count, 2 | entry | its size | entry | its size | ... | 255 |
//
// An entry is what types/element.h describes; its size follows it, 7 bits a byte, high bits first, the first byte alone
// without its top bit. A count of 65535 says nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/element.h"

namespace zedis::rdb {

class ListpackWriter {
 public:
  ListpackWriter() { Clear(); }

  void Append(std::string_view text) { Append(types::EncodedElement(text)); }
  void Append(const types::Element& element);
  void Append(std::int64_t integer);
  void Append(const types::EncodedElement& element);

  [[nodiscard]] std::size_t Count() const { return count_; }
  // The listpack. It lives until the next call of anything else.
  [[nodiscard]] std::string_view Finish();
  void Clear();

 private:
  std::string bytes_;  // without the end mark
  std::size_t count_ = 0;
};

// Goes through a listpack that nobody vouches for.
class ListpackReader {
 public:
  explicit ListpackReader(std::string_view listpack);

  // False at the end, and when something is wrong: ok() tells. A text borrows from the listpack.
  bool Next(types::Element* element);
  // At the end: whether the listpack was well formed.
  [[nodiscard]] bool ok() const { return ok_; }
  // How many entries there can be at most.
  [[nodiscard]] std::size_t LeftMax() const { return rest_.size() / 2; }

 private:
  bool Fail();

  std::string_view rest_;  // without the end mark
  std::size_t announced_ = 0;
  std::size_t seen_ = 0;
  bool ok_ = true;
};

}  // namespace zedis::rdb
