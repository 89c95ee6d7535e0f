# What is linked into the program rather than loaded beside it. An empty server with shared libraries was 9.0 MiB resident,
# of which libcrypto took 3.3 and libstdc++ 1.7 for the little that is used of them. mimalloc stays shared: that is how it
# replaces malloc.
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL REQUIRED)
find_library(ZEDIS_LZ4 NAMES liblz4.a lz4 REQUIRED)
# Debian has liblzf only as a shared object, of 20 KB.
find_library(ZEDIS_LZF NAMES liblzf.a lzf REQUIRED)
find_path(ZEDIS_LZF_INCLUDE NAMES lzf.h PATH_SUFFIXES liblzf REQUIRED)

if(ZEDIS_SANITIZE)
  # Sanitizers bring a run-time library that wants the shared C++ library.
  add_library(zedis_fmt INTERFACE)
  target_link_libraries(zedis_fmt INTERFACE fmt::fmt)
else()
  add_library(zedis_fmt STATIC cmake/fmt.cc)
  target_include_directories(zedis_fmt PUBLIC $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
  set(ZEDIS_STATIC_RUNTIME -static-libstdc++ -static-libgcc)
endif()
