package sandbox;

import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.model.dialect.HapiSequenceStyleGenerator;
import ca.uhn.fhir.jpa.searchparam.registry.SearchParamRegistryImpl;
import ca.uhn.fhir.jpa.sp.SearchParamIdentityCacheSvcImpl;
import ca.uhn.fhir.jpa.util.MemoryCacheService;
import ca.uhn.fhir.jpa.util.ResourceCountCache;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.id.CompositeNestedGeneratedValueGenerator;
import org.hibernate.id.OptimizableGenerator;
import org.hibernate.id.enhanced.PooledOptimizer;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.datasource.DelegatingDataSource;

import java.io.IOException;
import java.lang.reflect.Field;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Puts another database under the running server: requests wait, the pool is swapped, every cache is dropped and Hibernate's id
 * blocks are forgotten, so that server-given ids start again where the template stopped.
 *
 * <pre>
 * GET    /sandbox/worlds                  sealed digests, the current one, the epoch (a number that every swap raises)
 * POST   /sandbox/worlds/{digest}         an empty database, to load that world into
 * POST   /sandbox/worlds/{digest}/seal    what was loaded becomes that world's template
 * DELETE /sandbox/worlds/{digest}         forget the template
 * POST   /sandbox/reset?world={digest}    a fresh copy of that template
 * POST   /sandbox/release                 the episode is over
 * </pre>
 *
 * A FHIR request that names another epoch in X-Sandbox-Epoch is refused with 409; a swap by someone else within LEASE
 * seconds of the last FHIR request that named the current one is refused with 503.
 */
class Sandbox extends HttpServlet implements Filter {
	private static final String EPOCH = "X-Sandbox-Epoch";
	private static final long LEASE = Long.parseLong(Server.env("LEASE_SECONDS", "10"));
	private final transient ReadWriteLock myLock = new ReentrantReadWriteLock(true);
	private final transient ApplicationContext mySpring;
	private final transient Worlds myWorlds;
	private final transient AtomicLong myLastUse = new AtomicLong();
	private volatile long myEpoch;
	private String myWorld = Worlds.EMPTY;
	private boolean mySealed = true;
	private boolean myHeld;

	Sandbox(ApplicationContext theSpring, Worlds theWorlds) {
		mySpring = theSpring;
		myWorlds = theWorlds;
	}

	@Override
	public void doFilter(ServletRequest theRequest, ServletResponse theResponse, FilterChain theChain)
			throws IOException, ServletException {
		myLock.readLock().lock();
		try {
			var epoch = ((HttpServletRequest) theRequest).getHeader(EPOCH);
			if (epoch != null && !epoch.equals(Long.toString(myEpoch))) {
				((HttpServletResponse) theResponse).setHeader(EPOCH, Long.toString(myEpoch));
				refuse((HttpServletResponse) theResponse, 409, "the database was swapped by someone else (epoch " + myEpoch + ")");
				return;
			}
			theChain.doFilter(theRequest, theResponse);
			if (epoch != null) {
				myLastUse.set(System.nanoTime());
			}
		} finally {
			myLock.readLock().unlock();
		}
	}

	@Override
	protected void service(HttpServletRequest theRequest, HttpServletResponse theResponse) throws ServletException, IOException {
		var path = (theRequest.getMethod() + " " + theRequest.getServletPath()
				+ (theRequest.getPathInfo() == null ? "" : theRequest.getPathInfo())).split("/");
		var route = path[0] + (path.length > 2 ? path[2] : "") + (path.length > 4 ? "/" + path[4] : "");
		var digest = path.length > 3 ? path[3] : theRequest.getParameter("world");
		if (route.equals("GET worlds") && digest == null) {
			state(theResponse, 0);
			return;
		}
		if (route.equals("POST release")) {
			myHeld &= !isHolder(theRequest);
			state(theResponse, 0);
			return;
		}
		if (!List.of("POST worlds", "POST worlds/seal", "DELETE worlds", "POST reset").contains(route) || path.length > 5) {
			refuse(theResponse, 404, "no such route; there are worlds, worlds/DIGEST, worlds/DIGEST/seal, reset?world=DIGEST, release");
			return;
		}
		if (digest == null || !Worlds.isDigest(digest)) {
			refuse(theResponse, 400, "a world is named by its digest: 64 characters of 0-9a-f");
			return;
		}
		swap(route, digest, theRequest, theResponse);
	}

	private void swap(String theRoute, String theDigest, HttpServletRequest theRequest, HttpServletResponse theResponse)
			throws ServletException, IOException {
		long start = System.nanoTime();
		myLock.writeLock().lock();
		try {
			long left = LEASE - (System.nanoTime() - myLastUse.get()) / 1_000_000_000L;
			if (myHeld && !isHolder(theRequest) && left > 0) {
				theResponse.setHeader("Retry-After", Long.toString(left));
				refuse(theResponse, 503, "another client uses this server; wait until it is done or start a second server");
				return;
			}
			boolean known = myWorlds.has(theDigest);
			if (theRoute.equals("POST worlds") && known) {
				refuse(theResponse, 409, "this world is sealed already; reset to it, or DELETE it first");
			} else if (theRoute.equals("POST worlds")) {
				replace(Worlds.EMPTY);
				be(theDigest, false);
				state(theResponse, start);
			} else if (theRoute.equals("POST worlds/seal") && (mySealed || !myWorld.equals(theDigest))) {
				refuse(theResponse, 409, "this world is not being loaded; POST /sandbox/worlds/" + theDigest + " and load it first");
			} else if (theRoute.equals("POST worlds/seal")) {
				seal(theDigest);
				be(theDigest, true);
				state(theResponse, start);
			} else if (!known) {
				refuse(theResponse, 404, "this server has no world " + theDigest + "; load and seal it first");
			} else if (theRoute.equals("DELETE worlds")) {
				myWorlds.forget(theDigest);
				state(theResponse, start);
			} else {
				replace(theDigest);
				be(theDigest, true);
				state(theResponse, start);
			}
		} catch (SQLException | ReflectiveOperationException e) {
			throw new ServletException(e);
		} finally {
			myLock.writeLock().unlock();
		}
	}

	private boolean isHolder(HttpServletRequest theRequest) {
		return Long.toString(myEpoch).equals(theRequest.getHeader(EPOCH));
	}

	private void be(String theWorld, boolean theSealed) {
		myWorld = theWorld;
		mySealed = theSealed;
		myHeld = true;
		myLastUse.set(System.nanoTime());
		myEpoch++;
	}

	/** Makes the schema that HAPI has just created the template of empty databases. */
	void sealEmpty() throws IOException, SQLException, ReflectiveOperationException {
		seal(Worlds.EMPTY);
	}

	/** HAPI writes search parameter identities in the background; nothing may be under way when a pool is closed. */
	private void waitForBackground() {
		var identities = mySpring.getBean(SearchParamIdentityCacheSvcImpl.class);
		while (identities.hasInFlightTasks()) {
			LockSupport.parkNanos(1_000_000);
		}
	}

	private void seal(String theName) throws IOException, SQLException, ReflectiveOperationException {
		waitForBackground();
		var holder = mySpring.getBean(DelegatingDataSource.class);
		var old = (HikariDataSource) holder.getTargetDataSource();
		old.close();
		myWorlds.seal(old.getJdbcUrl(), theName);
		holder.setTargetDataSource(Server.pool(myWorlds.copy(theName)));
		forgetMemory(false);
	}

	private void replace(String theTemplate) throws IOException, SQLException, ReflectiveOperationException {
		var holder = mySpring.getBean(DelegatingDataSource.class);
		var old = (HikariDataSource) holder.getTargetDataSource();
		var fresh = Server.pool(myWorlds.copy(theTemplate));
		waitForBackground();
		boolean searchParameters = holdsSearchParameters(old) || holdsSearchParameters(fresh);
		holder.setTargetDataSource(fresh);
		forgetMemory(searchParameters);
		var oldUrl = old.getJdbcUrl();
		old.close();
		Worlds.drop(oldUrl);
	}

	private static boolean holdsSearchParameters(HikariDataSource theSource) throws SQLException {
		try (var c = theSource.getConnection(); var s = c.createStatement();
				var rows = s.executeQuery("SELECT 1 FROM HFJ_RESOURCE WHERE RES_TYPE = 'SearchParameter' LIMIT 1")) {
			return rows.next();
		}
	}

	private void forgetMemory(boolean theSearchParameters) throws ReflectiveOperationException {
		mySpring.getBean(MemoryCacheService.class).invalidateAllCaches();
		mySpring.getBean(ResourceCountCache.class).clear();
		mySpring.getBean(IValidationSupport.class).invalidateCaches();
		forgetIdBlocks();
		if (theSearchParameters) {
			mySpring.getBean(SearchParamRegistryImpl.class).forceRefresh();
		}
	}

	/** Hibernate keeps a block of ids per sequence in memory; without this the next episode goes on where the last one stopped. */
	private void forgetIdBlocks() throws ReflectiveOperationException {
		var factory = mySpring.getBean(EntityManagerFactory.class).unwrap(SessionFactoryImplementor.class);
		for (var entity : factory.getMetamodel().getEntities()) {
			forget(factory.getMappingMetamodel().getEntityDescriptor(entity.getJavaType()).getGenerator());
		}
	}

	private static void forget(Object theGenerator) throws ReflectiveOperationException {
		if (theGenerator instanceof CompositeNestedGeneratedValueGenerator) { // JpaPid: an embedded id
			for (Object plan : (List<?>) field(theGenerator, "generationPlans").get(theGenerator)) {
				forget(field(plan, "subgenerator").get(plan));
			}
		} else if (theGenerator instanceof HapiSequenceStyleGenerator) {
			var optimizer = ((HapiSequenceStyleGenerator) theGenerator).getOptimizer();
			field(optimizer, "noTenantState").set(optimizer, null);
		} else if (theGenerator instanceof OptimizableGenerator) {
			var optimizer = ((OptimizableGenerator) theGenerator).getOptimizer();
			if (optimizer instanceof PooledOptimizer) {
				field(optimizer, "noTenantState").set(optimizer, null);
			}
		}
	}

	private static Field field(Object theObject, String theName) throws ReflectiveOperationException {
		var field = theObject.getClass().getDeclaredField(theName);
		field.setAccessible(true);
		return field;
	}

	private void state(HttpServletResponse theResponse, long theStart) throws IOException {
		var worlds = myWorlds.digests().stream().map(d -> '"' + d + '"').toList();
		theResponse.setContentType("application/json");
		theResponse.getWriter().printf("{\"worlds\":%s,\"current\":\"%s\",\"sealed\":%s,\"epoch\":%d,\"ms\":%.1f}%n",
				worlds, myWorld, mySealed, myEpoch, theStart == 0 ? 0.0 : (System.nanoTime() - theStart) / 1e6);
	}

	private static void refuse(HttpServletResponse theResponse, int theStatus, String theText) throws IOException {
		theResponse.setStatus(theStatus);
		theResponse.setContentType("application/json");
		theResponse.getWriter().printf("{\"error\":\"%s\"}%n", theText);
	}
}
