// Directives whose values have a grammar of their own. The names are those of the directives.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "server/config_directive.h"

namespace zedis::server {

using ParseResult = std::expected<Value, std::string>;

ParseResult ParseBind(const Directive& directive, Words words, const Value& current);
ParseResult ParseClientOutputBufferLimit(const Directive& directive, Words words, const Value& current);
ParseResult ParseDir(const Directive& directive, Words words, const Value& current);
ParseResult ParseFileName(const Directive& directive, Words words, const Value& current);
ParseResult ParseHostName(const Directive& directive, Words words, const Value& current);
ParseResult ParseHz(const Directive& directive, Words words, const Value& current);
ParseResult ParseNotifyKeyspaceEvents(const Directive& directive, Words words, const Value& current);
ParseResult ParseOomScoreAdjValues(const Directive& directive, Words words, const Value& current);
ParseResult ParsePercentiles(const Directive& directive, Words words, const Value& current);
ParseResult ParseProcTitleTemplate(const Directive& directive, Words words, const Value& current);
ParseResult ParseReplBacklogSize(const Directive& directive, Words words, const Value& current);
ParseResult ParseReplicaOf(const Directive& directive, Words words, const Value& current);
ParseResult ParseSave(const Directive& directive, Words words, const Value& current);
ParseResult ParseThreads(const Directive& directive, Words words, const Value& current);
ParseResult ParseShutdownOn(const Directive& directive, Words words, const Value& current);

void PublishCallThresholds(const Value& value, base::Tunables& tunables);
void PublishClientOutputBufferLimit(const Value& value, base::Tunables& tunables);

std::vector<std::string> WriteClientOutputBufferLimit(const Directive& directive, const Value& value);
std::vector<std::string> WriteSave(const Directive& directive, const Value& value);

}  // namespace zedis::server
