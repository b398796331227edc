package io.manta.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.core.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

class MantaPropertiesTest {
  private static final MantaConfig DEFAULTS = MantaConfig.defaults();

  private static StandardEnvironment environment(Map<String, Object> properties) {
    var environment = new StandardEnvironment();
    environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
    return environment;
  }

  private static MantaConfig read(Map<String, Object> properties) {
    return MantaProperties.over(DEFAULTS, environment(properties));
  }

  private static MantaConfig readYaml(String yaml) throws IOException {
    var environment = new StandardEnvironment();
    var resource = new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8), "application.yml");
    new YamlPropertySourceLoader()
        .load("application.yml", resource)
        .forEach(environment.getPropertySources()::addFirst);
    return MantaProperties.over(DEFAULTS, environment);
  }

  @Test
  void shouldTakeEverySettingByItsKey() {
    Map<String, Object> properties = new TreeMap<>();
    MantaConfig changed =
        DEFAULTS
            .withCpus(3)
            .withMemory(io.manta.core.DataSize.parse("1GiB"))
            .withResource("licence", 2)
            .withPort(25520)
            .withHttpPort(8080)
            .withAddresses(List.of("manta://127.0.0.1:1", "manta://127.0.0.1:2"))
            .withNewCluster(true)
            .withStateFolder(java.nio.file.Path.of("state"))
            .withJoinTimeout(Duration.ofSeconds(3))
            .withTaskLogs(false)
            .withJobQuota(Resources.cpus(2).with(Resources.MEMORY, 1 << 30))
            .withSerializationPackages(Set.of("com.example"));
    changed.toSettings().forEach((key, value) -> properties.put("manta." + key, value));

    assertThat(read(properties).toSettings()).isEqualTo(changed.toSettings());
  }

  @Test
  void shouldReadListsAndMapsWhenTheyAreWrittenInYaml() throws IOException {
    MantaConfig config =
        readYaml(
            """
            manta:
              port: 25520
              joinTimeout: 3s
              task-logs: off
              memory: 4GiB
              addresses:
                - manta://127.0.0.1:1
                - manta://127.0.0.1:2
              resources:
                licence: 1
                tpu: 0.5
            """);

    assertThat(config.port()).hasValue(25520);
    assertThat(config.joinTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.taskLogs()).isFalse();
    assertThat(config.resources().memory().bytes()).isEqualTo(4L << 30);
    assertThat(config.addresses()).containsExactly("manta://127.0.0.1:1", "manta://127.0.0.1:2");
    assertThat(config.resources().amount("licence")).isEqualTo(1);
    assertThat(config.resources().amount("tpu")).isEqualTo(0.5);
  }

  @Test
  void shouldPreferAnEnvironmentVariableWhenAFileSaysOtherwise() {
    var environment = environment(Map.of("manta.join-timeout", "3s"));
    environment
        .getPropertySources()
        .addFirst(
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                Map.of("MANTA_JOIN_TIMEOUT", "4s", "MANTA_HOME", "somewhere")));

    assertThat(MantaProperties.over(DEFAULTS, environment).joinTimeout())
        .isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void shouldSuggestTheRightKeyWhenOneIsUnknown() {
    assertThatThrownBy(() -> read(Map.of("manta.prot", "25520")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "unknown property 'manta.prot' in \"manta.prot\" from property source \"test\";"
                + " did you mean 'port'?");
    assertThatThrownBy(() -> read(Map.of("manta.mod", "connect")))
        .hasMessageContaining("did you mean 'mode'?");
    assertThatThrownBy(() -> readYaml("manta:\n  adresses:\n    - manta://127.0.0.1:1\n"))
        .hasMessageContaining("application.yml")
        .hasMessageContaining("did you mean 'addresses'?");
  }

  @Test
  void shouldSayWhereItIsWrittenWhenAValueIsWrong() {
    assertThatThrownBy(() -> readYaml("manta:\n  port: many\n"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("port = 'many' in ")
        .hasMessageContaining("application.yml")
        .hasMessageContaining("2:9")
        .hasMessageContaining("not a whole number");
  }

  @Test
  void shouldDescribeEverySettingForEditors() throws IOException {
    var described = new TreeSet<String>();
    try (var stream =
        MantaPropertiesTest.class.getResourceAsStream(
            "/META-INF/spring-configuration-metadata.json")) {
      for (JsonNode property : new ObjectMapper().readTree(stream).get("properties")) {
        assertThat(property.get("description").asText()).isNotBlank().endsWith(".");
        described.add(property.get("name").asText());
      }
    }

    var expected = new TreeSet<String>(Set.of(MantaProperties.MODE));
    MantaConfig.settings().forEach(key -> expected.add("manta." + key));
    assertThat(described).isEqualTo(expected);
  }
}
