// How a command ends: done, its reply written, or with an error whose text the dispatcher sends. Errors are constants
// (engine/errors.h); a text that has to be composed lives in the Context until the next command.
#pragma once

#include <expected>
#include <string_view>

namespace zedis::engine {

struct Error {
  std::string_view text;  // with its code: "ERR ...", "WRONGTYPE ..."
};

// The error of std::expected in parsing helpers; TRY hands it on.
using Failure = const Error*;
template <class T>
using Expected = std::expected<T, Failure>;

class [[nodiscard]] Outcome {
 public:
  constexpr Outcome() = default;
  constexpr Outcome(const Error& error) : error_(&error) {}                            // NOLINT: meant to convert
  constexpr Outcome(const std::unexpected<Failure>& error) : error_(error.error()) {}  // NOLINT: meant to convert
  constexpr Outcome(Failure error) : error_(error) {}                                  // NOLINT: meant to convert

  constexpr bool ok() const { return error_ == nullptr; }
  constexpr const Error* error() const { return error_; }

 private:
  const Error* error_ = nullptr;
};

constexpr Outcome Done() { return {}; }

}  // namespace zedis::engine
