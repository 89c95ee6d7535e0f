# Compiler options of every target, as the interface library zedis_options.
add_library(zedis_options INTERFACE)
target_include_directories(zedis_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(zedis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror -fno-rtti)
# GCC 12 sees overlapping copies in operator+(const char*, std::string&&), its bug 105651.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(zedis_options INTERFACE -Wno-restrict)
endif()
# a * b + c rounds twice, as it does in servers built for any x86: estimates and distances have the digits of theirs.
target_compile_options(zedis_options INTERFACE -ffp-contract=off)
# CHECK prints src/... rather than where the sources lay on the machine that built them.
target_compile_options(zedis_options INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

# The server is built where it runs; AVX2 and BMI are used when this machine has them.
option(ZEDIS_NATIVE "Use x86-64-v3 instructions if this machine has them" ON)
if(ZEDIS_NATIVE AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  file(READ /proc/cpuinfo cpuinfo LIMIT 8192)
  if(cpuinfo MATCHES " avx2 " AND cpuinfo MATCHES " bmi2 " AND cpuinfo MATCHES " movbe ")
    target_compile_options(zedis_options INTERFACE -march=x86-64-v3)
  endif()
endif()

# Clang links with the lld of its own version where that is installed: several times faster than GNU ld. g++ 12 would take
# whatever lld is in the path, so it keeps GNU ld.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  check_linker_flag(CXX -fuse-ld=lld ZEDIS_HAS_LLD)
  if(ZEDIS_HAS_LLD)
    target_link_options(zedis_options INTERFACE -fuse-ld=lld)
  endif()
endif()

# The build type of the sanitizer presets. No NDEBUG: DCHECK is on. -O1 compiles in half the time of -O2, and line tables
# are all that a report needs.
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -gline-tables-only")

if(ZEDIS_FUZZERS AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "ZEDIS_FUZZERS needs clang: libFuzzer is part of it")
endif()

if(ZEDIS_SANITIZE)
  target_compile_options(zedis_options INTERFACE -fsanitize=${ZEDIS_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(zedis_options INTERFACE -fsanitize=${ZEDIS_SANITIZE})
  set(ZEDIS_MALLOC "")
else()
  # mimalloc replaces malloc for the whole process by being linked. Sanitizers bring their own.
  find_package(mimalloc REQUIRED)
  set(ZEDIS_MALLOC mimalloc)
endif()
if(ZEDIS_FUZZERS)
  target_compile_options(zedis_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(zedis_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
