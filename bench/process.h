// What the kernel says about another process.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace zedis::bench {

struct CpuSeconds {
  double user = 0;
  double system = 0;
};

// CPU time of all threads of the process, ended ones included. The kernel's resolution is 10 ms.
inline std::optional<CpuSeconds> CpuOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');  // the name may hold anything, so fields are counted from its end
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  if (!(fields >> user_ticks >> system_ticks)) return std::nullopt;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return CpuSeconds{user_ticks / ticks_per_second, system_ticks / ticks_per_second};
}

// Resident memory of the process in KiB; 0 if there is no such process.
inline std::int64_t ResidentKibOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return 0;
}

}  // namespace zedis::bench
