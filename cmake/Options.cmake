# Compiler options of every target, as the interface library zedis_options.
add_library(zedis_options INTERFACE)
target_include_directories(zedis_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(zedis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Werror -fno-rtti)

# The server is built where it runs; AVX2 and BMI are used when this machine has them.
option(ZEDIS_NATIVE "Use x86-64-v3 instructions if this machine has them" ON)
if(ZEDIS_NATIVE AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  file(READ /proc/cpuinfo cpuinfo LIMIT 8192)
  if(cpuinfo MATCHES " avx2 " AND cpuinfo MATCHES " bmi2 " AND cpuinfo MATCHES " movbe ")
    target_compile_options(zedis_options INTERFACE -march=x86-64-v3)
  endif()
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
