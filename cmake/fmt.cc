// The parts of fmt that are not in its headers. Debian has the library only as a shared object, which costs an empty
// server some 130 KiB of resident memory and a start its relocations; compiled in, it costs what is used of it.
#include <fmt/format-inl.h>

namespace fmt {
inline namespace v9 {
namespace detail {

template auto dragonbox::to_decimal(float x) noexcept -> dragonbox::decimal_fp<float>;
template auto dragonbox::to_decimal(double x) noexcept -> dragonbox::decimal_fp<double>;
template auto thousands_sep_impl(locale_ref locale) -> thousands_sep_result<char>;
template auto decimal_point_impl(locale_ref locale) -> char;

}  // namespace detail
}  // namespace v9
}  // namespace fmt
