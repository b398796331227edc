package io.manta.benchmarks;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.benchmarks.StarvationCases.Bystander;
import io.manta.core.PendingCallsLimitExceededException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class StarvationCasesTest {
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldFailWhenACallThrows() {
    try (Manta manta = Manta.start(MantaConfig.defaults().withCpus(1))) {
      // It never has room, so that one call waits, and no other is allowed meanwhile.
      ActorHandle<Bystander> bystander =
          manta.actor(Bystander::new).cpus(2).maxPendingCalls(1).create();
      bystander.call(Bystander::call);

      assertThatThrownBy(() -> StarvationCases.callEvery5Millis(bystander, 1, 0))
          .isInstanceOf(PendingCallsLimitExceededException.class);
    }
  }
}
