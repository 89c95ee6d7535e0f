// The packed forms that Redis wrote before 7.0, for reading only: ziplists and zipmaps. Both are checked as they are
// walked, and read like a listpack.
#pragma once

#include <cstdint>
#include <string_view>

#include "types/element.h"

namespace zedis::rdb {

//   | total bytes, 4 | offset of the last entry, 4 | count, 2 | entry | ... | 255 |
//
// An entry begins with the size of the one before it: one byte, or 254 and four.
class ZiplistReader {
 public:
  explicit ZiplistReader(std::string_view ziplist);

  // False at the end, and when something is wrong: ok() tells. A text borrows from the ziplist.
  bool Next(types::Element* element);
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool Fail();
  bool End();
  bool ReadSizeOfPrevious();
  bool ReadBody(types::Element* element);
  // Takes `size` bytes; fewer if there are not as many.
  std::string_view Take(std::size_t size);

  std::string_view all_;
  std::string_view rest_;  // without the end mark
  std::size_t last_offset_ = 0;
  std::size_t announced_ = 0;
  std::size_t seen_ = 0;
  std::size_t previous_size_ = 0;
  bool ok_ = true;
};

//   | count, 1 | field | value | ... | 255 |
//
// Field and value begin with their length: one byte, or 254 and four. A value has another byte behind its length, and
// at its end as many unused bytes as that says.
class ZipmapReader {
 public:
  explicit ZipmapReader(std::string_view zipmap);

  // Fields and values in turn. False at the end, and when something is wrong: ok() tells. Texts borrow from the zipmap.
  bool Next(types::Element* element);
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool Fail();

  std::string_view rest_;  // without the end mark
  std::size_t announced_ = 0;
  std::size_t seen_ = 0;
  bool ok_ = true;
};

}  // namespace zedis::rdb
