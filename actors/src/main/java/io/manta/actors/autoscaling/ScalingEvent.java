package io.manta.actors.autoscaling;

import java.util.Optional;

/// What an [Autoscaler] did or saw, and why.
///
/// @param node what its provider calls it; empty when there is none
/// @param type name of the type of node; empty when it is of no one
/// @param why in words
public record ScalingEvent(Kind kind, Optional<String> node, Optional<String> type, String why) {
  /// What was done or seen.
  public enum Kind {
    /// A node is being started.
    STARTS,
    /// One that was started, before this one ran.
    ADOPTS,
    /// It is in the cluster.
    JOINED,
    /// It takes nothing more, and is stopped when it is empty.
    DRAINS,
    /// It was to be stopped, and takes work again.
    KEEPS,
    /// Its provider has it end.
    STOPS,
    /// Its provider has it no more.
    GONE,
    /// Something did not work.
    FAILED
  }

  /// For people, in a line.
  @Override
  public String toString() {
    String what =
        switch (kind) {
          case STARTS -> "starts";
          case ADOPTS -> "takes over";
          case JOINED -> "joined:";
          case DRAINS -> "drains";
          case KEEPS -> "keeps";
          case STOPS -> "stops";
          case GONE -> "gone:";
          case FAILED -> "failed:";
        };
    String name = node.map(id -> " " + id).orElse("");
    String of = type.map(each -> node.isPresent() ? " of " + each : " " + each).orElse("");
    return what + name + of + (name.isEmpty() && of.isEmpty() ? " " : ": ") + why;
  }
}
