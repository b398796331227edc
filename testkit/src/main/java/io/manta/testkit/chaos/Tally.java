package io.manta.testkit.chaos;

import io.manta.actors.RemoteActor;
import io.manta.core.NodeId;
import org.jspecify.annotations.Nullable;

/// A plain counter: what it counted dies with it.
public class Tally extends RemoteActor {
  /// What a call came to.
  ///
  /// @param value of the counter after it; each incarnation begins at 1
  public record Applied(int incarnation, int value, NodeId node) {
    long position() {
      return position(incarnation, value);
    }

    /// The place of a call among all of the actor.
    static long position(int incarnation, int value) {
      return ((long) incarnation << 32) | value;
    }
  }

  private final String name;
  private @Nullable Witness witness;
  private int count;

  public Tally(String name) {
    this.name = name;
  }

  public Applied add(CallId call) {
    count++;
    Witness here = witness;
    if (here == null) {
      here = new Witness(name, context().incarnation());
      witness = here;
    }
    here.ran(count, call);
    return new Applied(here.incarnation(), count, context().node());
  }
}
