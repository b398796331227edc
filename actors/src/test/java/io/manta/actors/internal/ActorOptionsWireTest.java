package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.Isolation;
import io.manta.core.JobId;
import io.manta.core.LabelSelector;
import io.manta.core.Lifetime;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.core.SlotId;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Every option of an actor reaches the node that hosts it.
class ActorOptionsWireTest {
  private static final NodeId NODE = new NodeId(7);

  private static final ActorOptions ALL =
      ActorOptions.defaults()
          .withResources(Resources.cpus(0.5))
          .withPlacement(Resources.cpus(2))
          .withName("name")
          .withNamespace("namespace")
          .withGetIfExists(true)
          .withLifetime(Lifetime.DETACHED)
          .withMaxRestarts(3)
          .withCallRetries(4)
          .withMaxConcurrency(5)
          .withConcurrencyGroups(Map.of("group", 6))
          .withMaxPendingCalls(7)
          .withScheduling(
              Scheduling.defaults()
                  .withNode(NODE)
                  .withRequired(LabelSelector.parse("zone in (eu, us), !spot"))
                  .withPreferred(LabelSelector.parse("disk = ssd"))
                  .withStrategy(Scheduling.Strategy.SPREAD))
          .withIsolation(Isolation.defaults())
          .withStartTimeout(Duration.ofMillis(1_500));

  @Test
  void shouldCarryAllOptions() {
    var message =
        new Message.CreateActor(
            new ActorId(new SlotId(NODE, 0), NODE, 1),
            1,
            new SlotId(NODE, 0),
            "",
            new JobId(NODE),
            "Teller",
            Payload.of(new byte[0]),
            ALL,
            new byte[0],
            Optional.empty());
    var read = (Message.CreateActor) Wire.decode(Wire.encode(message));
    assertThat(read.options()).isEqualTo(ALL);
  }

  @Test
  void shouldKnowOfEveryOption() throws ReflectiveOperationException {
    for (RecordComponent option : ActorOptions.class.getRecordComponents()) {
      assertThat(option.getAccessor().invoke(ALL))
          .as("%s is set above to other than its default", option.getName())
          .isNotEqualTo(option.getAccessor().invoke(ActorOptions.defaults()));
    }
  }
}
