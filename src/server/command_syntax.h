// The arguments of a command, as COMMAND DOCS shows them, from the one line of syntax in the command's row:
//
//   "key#0 value [condition(NX|XX)@2.6.12] [GET@6.2.0] [expiration(EX seconds:int|PX milliseconds:int|KEEPTTL)]"
//
//   value              an argument; its type is string unless it says :int, :double, :pattern, :time or :key
//   key#0              a key, of the key specification with this number
//   NX                 a word that stands for itself, named by its lower case; change=CH gives it another name
//   EX seconds:int     an argument behind a word
//   limit{a b}         a block: arguments that come together
//   where(LEFT|RIGHT)  one of several
//   [value]            may be left out
//   value... value...+ may be repeated; with + so is the word before it
//   value@6.2.0        since this version; value!6.2.0: deprecated since
//
// Names and words of other characters than letters, digits, _ and - are quoted: 'ip:port', "=".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply.h"

namespace zedis::server {

struct SyntaxArgument {
  std::string name;
  std::string_view type;  // in the words of COMMAND DOCS: "string", "key", "oneof" ...
  std::optional<std::string_view> token;
  std::string_view since = {};
  std::string_view deprecated_since = {};
  int key_spec = -1;
  bool is_optional = false;
  bool is_multiple = false;
  bool repeats_token = false;
  std::vector<SyntaxArgument> arguments = {};  // of a block or of "oneof"
};

// Nothing if the line is not well formed.
std::optional<std::vector<SyntaxArgument>> ParseSyntax(std::string_view line);

// An array of maps, in Redis's shape.
void ReplyArguments(const resp::Reply& reply, const std::vector<SyntaxArgument>& arguments);

}  // namespace zedis::server
