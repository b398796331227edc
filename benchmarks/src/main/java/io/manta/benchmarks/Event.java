package io.manta.benchmarks;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;

/// What happens during a benchmark. The process of a mode writes these as lines of JSON.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(Event.Started.class),
  @JsonSubTypes.Type(Event.Measured.class),
  @JsonSubTypes.Type(Event.Skipped.class),
  @JsonSubTypes.Type(Event.Failed.class),
  @JsonSubTypes.Type(Event.Finished.class)
})
sealed interface Event {
  @JsonTypeName("started")
  record Started(String name) implements Event {}

  @JsonTypeName("measured")
  record Measured(Result result) implements Event {}

  /// Nothing was measured, and that is no failure.
  @JsonTypeName("skipped")
  record Skipped(List<String> names, String reason) implements Event {}

  @JsonTypeName("failed")
  record Failed(String name, String error) implements Event {}

  /// The last one of a mode.
  @JsonTypeName("finished")
  record Finished() implements Event {}
}
