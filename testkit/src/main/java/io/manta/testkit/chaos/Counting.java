package io.manta.testkit.chaos;

import io.manta.actors.ActorBuilder;
import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;

/// A counter that many clients call.
///
/// @param callRetries 0 for at most once
/// @param detached whether it goes on without the driver that made it; else it is found by its name
record Counting(String name, int callRetries, boolean detached) {
  private static final int RESTARTS = 10_000;

  ActorHandle<Tally> handle(Manta manta) {
    String actor = name;
    ActorBuilder<Tally> builder =
        manta
            .actor(() -> new Tally(actor))
            .named(actor)
            .maxRestarts(RESTARTS)
            .callRetries(callRetries)
            .getIfExists();
    return (detached ? builder.detached() : builder).create();
  }
}
