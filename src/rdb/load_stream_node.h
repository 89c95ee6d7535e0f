// Reads the entries of a stream out of a listpack; save_stream.cc says what is in it.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rdb/listpack.h"
#include "types/stream.h"

namespace zedis::rdb {

class StreamNodeLoader {
 public:
  // Appends to `stream`, cut into blocks as the file is into listpacks.
  explicit StreamNodeLoader(types::Stream& stream) : stream_(stream) {}

  // False if the bytes are no such listpack, or an entry is not behind those that are there.
  bool Load(const types::StreamId& master, std::string_view listpack);

 private:
  // Texts as they are read, integers written out.
  class Texts {
   public:
    void Clear(std::size_t count) {
      texts_.clear();
      digits_.resize(count);
    }
    void Add(const types::Element& element) {
      texts_.push_back(element.Text(reinterpret_cast<types::IntegerText&>(digits_[texts_.size()])));
    }
    [[nodiscard]] const std::vector<std::string_view>& All() const { return texts_; }

   private:
    std::vector<std::string_view> texts_;
    std::vector<std::array<char, sizeof(types::IntegerText)>> digits_;
  };

  bool ReadInteger(ListpackReader& reader, std::int64_t* integer);
  bool ReadCount(ListpackReader& reader, std::size_t* count);
  bool ReadNames(ListpackReader& reader);
  bool ReadEntry(const types::StreamId& master, ListpackReader& reader);
  bool ReadPairs(bool same_names, ListpackReader& reader);
  bool Append(const types::StreamId& id, bool same_names);

  types::Stream& stream_;
  Texts names_;  // each twice, as if it were its own value
  Texts pairs_;
  std::size_t names_bytes_ = 0;
  std::size_t repeated_bytes_max_ = 0;
  std::size_t live_ = 0;
  std::size_t deleted_ = 0;
};

}  // namespace zedis::rdb
