package sandbox;

import ca.uhn.fhir.batch2.jobs.bulkmodify.reindex.ReindexProvider;
import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.FhirVersionEnum;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings.ClientIdStrategyEnum;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings.IdStrategyEnum;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binstore.DatabaseBinaryContentStorageSvcImpl;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.config.util.ResourceCountCacheUtil;
import ca.uhn.fhir.jpa.dao.FulltextSearchSvcImpl;
import ca.uhn.fhir.jpa.dao.IFulltextSearchSvc;
import ca.uhn.fhir.jpa.dao.search.HSearchSortHelperImpl;
import ca.uhn.fhir.jpa.dao.search.IHSearchSortHelper;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.model.entity.StorageSettings;
import ca.uhn.fhir.jpa.provider.DaoRegistryResourceSupportedSvc;
import ca.uhn.fhir.jpa.provider.DiffProvider;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.SubscriptionTriggeringProvider;
import ca.uhn.fhir.jpa.provider.TerminologyUploaderProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.search.IStaleSearchDeletingSvc;
import ca.uhn.fhir.jpa.search.StaleSearchDeletingSvcImpl;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.match.config.SubscriptionProcessorConfig;
import ca.uhn.fhir.jpa.subscription.match.deliver.email.IEmailSender;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.jpa.util.ResourceCountCache;
import ca.uhn.fhir.narrative2.NullNarrativeGenerator;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.IResourceSupportedSvc;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.CorsInterceptor;
import ca.uhn.fhir.rest.server.interceptor.RequestValidatingInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import ca.uhn.fhir.util.VersionUtil;
import ca.uhn.fhir.validation.IValidatorModule;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.DispatcherType;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.web.cors.CorsConfiguration;

import javax.sql.DataSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * HAPI FHIR R4 JPA server on plain Spring and embedded Jetty, set up as hapi-fhir-jpaserver-starter does by default. Every
 * setting is an environment variable HAPI_.. (see env()). With HAPI_WORLDS, a folder, it serves copies of database templates
 * (see Sandbox); without, one database in memory.
 */
@Configuration
@Import({JpaR4Config.class, ThreadPoolFactoryConfig.class, JpaBatch2Config.class, Batch2JobsConfig.class,
		SubscriptionSubmitterConfig.class, SubscriptionProcessorConfig.class, SubscriptionChannelConfig.class})
public class Server {

	static String env(String theKey, String theDefault) {
		String value = System.getenv("HAPI_" + theKey);
		return value == null || value.isEmpty() ? theDefault : value;
	}

	static boolean flag(String theKey, boolean theDefault) {
		return Boolean.parseBoolean(env(theKey, Boolean.toString(theDefault)));
	}

	private static final String WORLDS = env("WORLDS", "");

	public static void main(String[] theArgs) throws Exception {
		String host = env("HOST", "127.0.0.1");
		int port = Integer.parseInt(env("PORT", "8080"));
		var plain = FhirContext.forCached(FhirVersionEnum.R4); // from which HAPI takes the search parameters that it has built in
		plain.setValidationSupport(new Definitions(plain));
		var spring = new AnnotationConfigApplicationContext(Server.class);

		var jetty = new org.eclipse.jetty.server.Server();
		var connector = new ServerConnector(jetty);
		connector.setHost(host);
		connector.setPort(port);
		jetty.addConnector(connector);
		var root = new ServletContextHandler();
		root.addServlet(new ServletHolder(new Health(spring.getBean(DataSource.class))), "/actuator/health");
		var fhir = new ServletHolder(spring.getBean(RestfulServer.class));
		fhir.setInitOrder(1);
		root.addServlet(fhir, "/fhir/*");
		if (!WORLDS.isEmpty()) {
			var worlds = spring.getBean(Worlds.class);
			var sandbox = new Sandbox(spring, worlds);
			if (!worlds.has(Worlds.EMPTY)) {
				sandbox.sealEmpty();
			}
			root.addFilter(new FilterHolder(sandbox), "/fhir/*", EnumSet.of(DispatcherType.REQUEST));
			root.addServlet(new ServletHolder(sandbox), "/sandbox/*");
		}
		jetty.setHandler(root);
		jetty.setStopAtShutdown(true);
		spring.registerShutdownHook();
		jetty.start();
		System.out.printf("READY http://%s:%d/fhir in %d ms%n", host, connector.getLocalPort(),
				System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime());
		if (flag("TRAINING", false)) { // run.sh: load what a first request needs, then leave, so that the JVM writes its class data archive
			for (var path : List.of("metadata", "Patient?name=x&_sort=-birthdate", "Observation?patient=Patient/x&_include=*")) {
				var url = URI.create("http://127.0.0.1:" + connector.getLocalPort() + "/fhir/" + path);
				HttpClient.newHttpClient().send(HttpRequest.newBuilder(url).build(), BodyHandlers.discarding());
			}
			System.exit(0);
		}
		jetty.join();
	}

	static class Health extends HttpServlet {
		private final transient DataSource myDataSource;

		Health(DataSource theDataSource) {
			myDataSource = theDataSource;
		}

		@Override
		protected void doGet(HttpServletRequest theRequest, HttpServletResponse theResponse) throws IOException {
			boolean up;
			try (var connection = myDataSource.getConnection()) {
				up = connection.isValid(2);
			} catch (SQLException e) {
				up = false;
			}
			theResponse.setStatus(up ? 200 : 503);
			theResponse.setContentType("application/json");
			theResponse.getWriter().print("{\"status\":\"" + (up ? "UP" : "DOWN") + "\"}");
		}
	}

	@Bean
	public JpaStorageSettings storageSettings() {
		var s = new JpaStorageSettings();
		// what the starter sets by default
		s.setIndexMissingFields(StorageSettings.IndexEnabledEnum.DISABLED);
		s.setAutoCreatePlaceholderReferenceTargets(false);
		s.setEnforceReferentialIntegrityOnWrite(flag("REF_INTEGRITY", true));
		s.setEnforceReferentialIntegrityOnDelete(flag("REF_INTEGRITY", true));
		s.setAllowContainsSearches(true);
		s.setFilterParameterEnabled(true);
		s.setExpireSearchResultsAfterMillis(60L * 60 * 1000);
		s.setSearchPreFetchThresholds(List.of(13, 503, 2003, -1));
		s.setStoreMetaSourceInformation(JpaStorageSettings.StoreMetaSourceInformationEnum.NONE);
		s.setDefaultSearchParamsCanBeOverridden(true);
		s.setTreatReferencesAsLogical(Set.of(
				"http://terminology.hl7.org/*", "https://terminology.hl7.org/*", "http://snomed.info/*", "https://snomed.info/*",
				"http://unitsofmeasure.org/*", "https://unitsofmeasure.org/*", "http://loinc.org/*", "https://loinc.org/*"));
		// what a sandbox sets differently
		String reuse = env("REUSE_SEARCH_MS", "off");
		s.setReuseCachedSearchResultsForMillis(reuse.equals("off") ? null : Long.valueOf(reuse));
		s.setAllowExternalReferences(flag("EXTERNAL_REFS", false));
		String localBases = env("LOCAL_BASES", ""); // absolute references that start with one of these count as relative
		if (!localBases.isEmpty()) {
			s.setTreatBaseUrlsAsLocal(Set.of(localBases.split(",")));
		}
		s.setAllowMultipleDelete(flag("MULTIPLE_DELETE", false));
		s.setExpungeEnabled(true);
		s.setDeleteExpungeEnabled(true);
		s.setPreExpandValueSets(false);
		s.setEnableTaskPreExpandValueSets(false);
		s.setSchedulingDisabled(!WORLDS.isEmpty() || !flag("SCHEDULING", false)); // no job may run across a swap
		s.setResourceDbHistoryEnabled(flag("HISTORY", true));
		var clientIds = ClientIdStrategyEnum.valueOf(env("CLIENT_IDS", "ALPHANUMERIC"));
		s.setResourceClientIdStrategy(clientIds);
		s.setResourceServerIdStrategy(IdStrategyEnum.valueOf(
				env("SERVER_IDS", clientIds == ClientIdStrategyEnum.ANY ? "UUID" : "SEQUENTIAL_NUMERIC")));
		return s;
	}

	@Bean
	public PartitionSettings partitionSettings() {
		return new PartitionSettings();
	}

	@Bean
	public SubscriptionSettings subscriptionSettings() {
		return new SubscriptionSettings();
	}

	@Bean
	public IEmailSender emailSender() {
		return theDetails -> {};
	}

	static HikariDataSource pool(String theUrl) {
		var ds = new HikariDataSource();
		ds.setJdbcUrl(theUrl);
		ds.setUsername("sa");
		ds.setPassword("");
		ds.setMaximumPoolSize(Integer.parseInt(env("DB_POOL", "10")));
		ds.setMinimumIdle(Integer.parseInt(env("DB_IDLE", "2")));
		return ds;
	}

	@Bean
	public Worlds worlds() throws IOException {
		return WORLDS.isEmpty() ? null : new Worlds(Path.of(WORLDS), VersionUtil.getVersion() + Definitions.mark());
	}

	@Bean
	public DataSource dataSource(@Autowired(required = false) Worlds theWorlds) throws IOException {
		return new DelegatingDataSource(pool(
				theWorlds == null ? "jdbc:h2:mem:hapi;DB_CLOSE_DELAY=-1" : theWorlds.copy(Worlds.EMPTY)));
	}

	@Bean
	public LocalContainerEntityManagerFactoryBean entityManagerFactory(@Autowired(required = false) Worlds theWorlds,
			DataSource theDataSource, ConfigurableListableBeanFactory theFactory, FhirContext theContext, JpaStorageSettings theSettings) {
		var retVal = HapiEntityManagerFactoryUtil.newEntityManagerFactory(theFactory, theContext, theSettings);
		boolean hasSchema = theWorlds != null && theWorlds.has(Worlds.EMPTY);
		var p = new Properties();
		p.put("hibernate.dialect", HapiFhirH2Dialect.class.getName());
		p.put("hibernate.hbm2ddl.auto", hasSchema ? "none" : "update");
		p.put("hibernate.physical_naming_strategy", "org.hibernate.boot.model.naming.CamelCaseToUnderscoresNamingStrategy");
		p.put("hibernate.archive.scanner", "org.hibernate.boot.archive.scan.internal.DisabledScanner");
		p.put("hibernate.jdbc.batch_size", "20");
		p.put("hibernate.cache.use_query_cache", "false");
		p.put("hibernate.cache.use_second_level_cache", "false");
		p.put("hibernate.cache.use_minimal_puts", "false");
		p.put("hibernate.search.enabled", "false");
		p.put("hibernate.session_factory.statement_inspector", Lookups.class.getName());
		retVal.setPersistenceUnitName("HAPI_PU");
		retVal.setJpaProperties(p);
		retVal.setDataSource(theDataSource);
		return retVal;
	}

	@Bean
	public JpaTransactionManager transactionManager(EntityManagerFactory theFactory) {
		return new JpaTransactionManager(theFactory);
	}

	@Bean
	public IFulltextSearchSvc fullTextSearchSvc() {
		return new FulltextSearchSvcImpl();
	}

	@Bean
	public IHSearchSortHelper hSearchSortHelper(ISearchParamRegistry theRegistry) {
		return new HSearchSortHelperImpl(theRegistry);
	}

	@Bean
	public IStaleSearchDeletingSvc staleSearchDeletingSvc() {
		return new StaleSearchDeletingSvcImpl();
	}

	@Bean
	public DatabaseBinaryContentStorageSvcImpl binaryStorageSvc() {
		return new DatabaseBinaryContentStorageSvcImpl();
	}

	@Bean
	public IResourceSupportedSvc resourceSupportedSvc(DaoRegistry theRegistry) {
		return new DaoRegistryResourceSupportedSvc(theRegistry);
	}

	@Bean(name = "myResourceCountsCache")
	public ResourceCountCache resourceCountsCache(IFhirSystemDao<?, ?> theSystemDao) {
		return ResourceCountCacheUtil.newResourceCountCache(theSystemDao);
	}

	@Bean
	public DatabaseBackedPagingProvider pagingProvider() {
		var retVal = new DatabaseBackedPagingProvider();
		retVal.setDefaultPageSize(Integer.parseInt(env("DEFAULT_PAGE_SIZE", "20")));
		retVal.setMaximumPageSize(Integer.parseInt(env("MAX_PAGE_SIZE", String.valueOf(Integer.MAX_VALUE))));
		return retVal;
	}

	@Bean
	public RestfulServer restfulServer(
			IFhirSystemDao<?, ?> theSystemDao, DaoRegistry theDaos, IJpaSystemProvider theSystemProvider,
			ResourceProviderFactory theProviders, JpaStorageSettings theSettings, ISearchParamRegistry theSearchParams,
			IValidationSupport theValidation, DatabaseBackedPagingProvider thePaging, IValidatorModule theValidator,
			ValueSetOperationProvider theValueSets, ReindexProvider theReindex, DiffProvider theDiff,
			TerminologyUploaderProvider theTerminology, SubscriptionTriggeringProvider theTriggering) {
		var context = theSystemDao.getContext();
		context.setNarrativeGenerator(new NullNarrativeGenerator());
		var server = new RestfulServer(context);
		String types = env("RESOURCE_TYPES", "");
		if (!types.isEmpty()) {
			var list = new ArrayList<>(Arrays.asList(types.split(",")));
			if (!list.contains("SearchParameter")) {
				list.add("SearchParameter");
			}
			theDaos.setSupportedResourceTypes(list);
		}
		server.registerProviders(theProviders.createProviders());
		server.registerProvider(theSystemProvider);
		var conformance = new JpaCapabilityStatementProvider(server, theSystemDao, theSettings, theSearchParams, theValidation);
		conformance.setImplementationDescription("HAPI FHIR R4 Server");
		server.setServerConformanceProvider(conformance);
		server.setDefaultPrettyPrint(flag("PRETTY", false));
		server.setDefaultResponseEncoding(EncodingEnum.JSON);
		server.setPagingProvider(thePaging);
		if (!env("BASE", "").isEmpty()) {
			server.setServerAddressStrategy(new HardcodedServerAddressStrategy(env("BASE", "")));
		}
		server.registerInterceptor(cors());
		if (flag("VALIDATE", false)) {
			var validating = new RequestValidatingInterceptor();
			validating.setFailOnSeverity(ResultSeverityEnum.ERROR);
			validating.setValidatorModules(List.of(theValidator));
			server.registerInterceptor(validating);
		}
		server.registerProviders(theTerminology, theTriggering, theValueSets, theReindex, theDiff);
		return server;
	}

	private static CorsInterceptor cors() {
		var config = new CorsConfiguration();
		config.setAllowedOriginPatterns(List.of("*"));
		config.setAllowedMethods(List.of("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"));
		config.setAllowedHeaders(List.of("Origin", "Accept", "Content-Type", "Authorization", "Cache-Control", "If-Match",
				"If-None-Match", "x-fhir-starter", "X-Requested-With", "Prefer"));
		config.setExposedHeaders(List.of("Location", "Content-Location", "ETag", "Date", "Retry-After", "X-Correlation-Id",
				"X-Progress", "X-Request-Id"));
		return new CorsInterceptor(config);
	}
}
