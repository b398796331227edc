package io.manta.durable.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseTest {
  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://host:5432/orders, jdbc:postgresql://host:5432/orders",
    "jdbc:postgresql://host/orders?user=a&password=secret, jdbc:postgresql://host/orders",
    "jdbc:postgresql://a:secret@host/orders, jdbc:postgresql://host/orders",
    "jdbc:postgresql://a:sec?ret@host/orders, jdbc:postgresql://host/orders",
    "jdbc:h2:mem:orders;PASSWORD=secret, jdbc:h2:mem:orders",
    "jdbc:x://address=(host=h)(password=secret)/orders, jdbc:x://address=(host=h)(password=…)/orders",
    "jdbc:oracle:thin:scott/secret@//host/orders, jdbc:oracle:thin:@//host/orders",
  })
  void shouldPrintNoSecret(String url, String shown) {
    assertThat(Database.of(url, Map.of("MANTA_DURABLE_PASSWORD", "secret"))).hasToString(shown);
  }
}
