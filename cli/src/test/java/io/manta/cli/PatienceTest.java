package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PatienceTest {
  private static final LocalTime NOON = LocalTime.of(12, 0);

  private final StringWriter said = new StringWriter();
  private final String nowhere = "127.0.0.1:" + Ports.free(1).getFirst();

  private MantaConfig patient(MantaConfig config) {
    return Patience.of(config, Patience.WITHOUT_LISTENER, new PrintWriter(said), NOON);
  }

  @Test
  void shouldTryForEightSecondsAndSaySoAtOnceWhenNothingListens() {
    MantaConfig config = MantaConfig.defaults().withAddresses(List.of("manta://" + nowhere));

    assertThat(patient(config).joinTimeout()).isEqualTo(Duration.ofSeconds(8));
    assertThat(said)
        .hasToString(
            "manta: nothing listens at %s yet; trying until 12:00:08, for 8 s (--join-timeout)%n"
                .formatted(nowhere));
  }

  @Test
  void shouldTryForAsLongAsWasAskedForAlsoWhenThatIsTheDefault() {
    MantaConfig config = MantaConfig.defaults().withAddresses(List.of(nowhere));

    MantaConfig kept = Patience.keeping(config, new PrintWriter(said));

    assertThat(kept.joinTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(said.toString()).contains("nothing listens at " + nowhere).contains("for 15 s");
  }

  @Test
  void shouldTryForAllOfTheTimeWhenAnAddressCouldNotBeReached() {
    MantaConfig config =
        MantaConfig.defaults().withAddresses(List.of(nowhere, "manta://nobody.invalid:25520"));

    assertThat(patient(config).joinTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(said)
        .hasToString(
            "manta: could not reach %s, nobody.invalid:25520 yet; trying until 12:00:15, for 15 s (--join-timeout)%n"
                .formatted(nowhere));
  }

  @Test
  void shouldSayNothingWhenOneOfTheAddressesIsListenedTo() throws IOException {
    try (var node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      MantaConfig config =
          MantaConfig.defaults()
              .withAddresses(List.of(nowhere, "manta://127.0.0.1:" + node.getLocalPort()));

      assertThat(patient(config)).isEqualTo(config);
      assertThat(patient(MantaConfig.defaults())).isEqualTo(MantaConfig.defaults());
    }
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void shouldSayNothingOfWhatIsNoAddress() {
    MantaConfig config = MantaConfig.defaults().withAddresses(List.of("http://" + nowhere));

    assertThat(patient(config)).isEqualTo(config);
    assertThat(said.toString()).isEmpty();
  }
}
