"""Words that cannot be, open or close a keyphrase, by language.

`STOP` holds function words and, for English, the verbs and adverbs of scholarly prose. `LINKS` may stand inside a
phrase ("quality of service", "cáncer de mama"). `WEAK` words say nothing by themselves ("study", "results"): a phrase
needs at least one other word.
"""

from collections.abc import Mapping

_ENGLISH = """
validate validated validates validating verify verified verifies vary varied varies representing
a about above according accordingly across actually after afterwards again against all almost alone along already also
although always am amid among amongst an and another any anyone anything anywhere apparently are aren't around as
aside at away be became because become becomes becoming been before beforehand behind being below beside besides best
better between beyond both briefly but by can cannot can't certain certainly clearly consequently could couldn't
currently despite did didn't do does doesn't doing done don't down due during each easily eight either else elsewhere
enough entirely especially essentially etc even ever every everyone everything everywhere evidently except exactly
extremely far few fewer finally first firstly five for former formerly four from fully further furthermore generally
get gets getting give given gives giving greatly had hadn't has hasn't have haven't having he hence her here hereby
herein hers herself highly him himself his how however hundred i ie if in indeed instead inside into is isn't it its
it's itself just largely last lastly later latter latterly less let like likely little ltd made mainly make makes
making many may maybe me meanwhile merely might mine moreover most mostly much must my myself namely nearly
necessarily neither never nevertheless new nine no nobody none nonetheless nor not nothing notably now nowhere
obviously of off often on once one ones only onto or other others otherwise ought our ours ourselves out outside over
overall own particular particularly partly per perhaps possibly potentially presently previously primarily probably
quickly quite rather readily really recently regarding regardless relatively respectively roughly same second secondly
see seem seemed seeming seems seen seven several shall she should shouldn't significantly similarly simply
simultaneously since six slightly so some somehow someone something sometimes somewhat somewhere soon specifically
still strongly subsequently substantially successfully such sufficiently ten than that that's the their theirs them
themselves then there thereafter thereby therefore therein these they third thirdly this those though three through
throughout thus till to together too toward towards traditionally twice two typically ultimately under unfortunately
unless unlike until up upon us use used useful uses using usually various vs versus very via was wasn't we well were
weren't what whatever when whenever where whereas whereby wherein wherever whether which while who whoever whole whom
whose why widely will with within without won't would wouldn't yes yet you your yours yourself e.g i.e et al ii iii
achieve achieved achieves achieving address addressed addresses addressing adopt adopted adopts affect affected
affects aim aimed aiming aims allow allowed allowing allows analyse analysed analyses analysing analyze analyzed
analyzes analyzing appear appeared appears applied applies apply applying argue argued argues arise arises aspects
assess assessed assesses assessing assume assumed assumes attempt attempts based begin begins belong built calculate
calculated called carried caused causing choose chosen combine combined combines combining come comes compare compared
compares comparing comprise comprises comprising conclude concluded concludes conduct conducted confirm confirmed
confirms consider considered considering considers consist consisted consisting consists constitute contain contained
containing contains contribute contributed contributes contributing covered covers create created creates creating
deal deals decrease decreased decreases decreasing define defined defines defining demonstrate demonstrated
demonstrates demonstrating depend depending depends derive derived derives describe described describes describing
deserves designed determine determined determines determining develop developed developing develops devised differ
differed differs discover discovered discuss discussed discusses discussing displayed employ employed employing
employs enable enabled enables enabling enhance enhanced enhances enhancing ensure ensures establish established
establishes estimate estimated evaluate evaluated evaluates evaluating examine examined examines examining exhibit
exhibited exhibits exist existed existing exists experienced explain explained explains explore explored explores
exploring extend extended extends failed fails find finding finds focus focused focuses focusing follow followed
following follows found gained generate generated generates go goes going help helped helping helps hold holds
identified identifies identify identifying illustrate illustrated illustrates implement implemented implements imply
implies improve improved improves improving include included includes including incorporate incorporated incorporates
increase increased increases increasing increasingly indicate indicated indicates indicating influenced inform
introduce introduced introduces introducing investigate investigated investigates investigating involve involved
involves involving keep keeps know known lack leading leads led leverage leverages leveraging lie lies look make
managed meet mention mentioned motivated needed observe observed observes obtain obtained obtaining obtains occur
occurred occurring occurs offer offered offering offers outperform outperforms perform performed performing performs
permit permits pose poses possess predict predicted present presented presenting presents prevent prevents produce
produced produces producing prove proved proven proves provide provided provides providing put raise raised raises
ranged ranging reach reached reaches reaching receive received receives recommend recommended reduce reduced reduces
reducing refer referred refers reflect reflects relate related relates rely relies remain remained remaining remains
report reported reporting reports represent represented represents require required requires requiring resolve result
resulted resulting reveal revealed reveals reviewed run said say says seek seeks serve served serves show showed
showing shown shows shed solve solved solves solving start started stated studied studying suffer suffers suggest
suggested suggesting suggests summarize summarized summarizes supported supports take taken takes taking tend tends
tested think thought took treat treated tried try trying turn turned understand undertaken undergone underwent
undergoing utilize utilized utilizes utilizing varied varies vary varying verified verify want wants went worked
working write written yield yielded yielding yields able bad additionally directly effectively efficiently accurately
automatically explicitly implicitly commonly rarely closely completely conventionally independently jointly mutually
originally properly rapidly reasonably separately severely solely strictly truly uniformly universally naturally today
nowadays moreover alike lot lots thereof whereupon
"""

_GERMAN = """
ab aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei beim
bereits bis bzw da dabei dadurch dafür dagegen daher damit danach daran darauf daraus darin darüber das dass davon
dazu dem den denen denn der deren des dessen deutlich die dies diese diesem diesen dieser dieses doch dort durch ein
eine einem einen einer eines einige einigen einiger einzelne einzelnen er erst erste ersten es etwa etwas für ganz
gegen gegenüber gibt haben hat hatte hatten hier hierbei hohe hohen hoher ihm ihn ihnen ihr ihre ihrem ihren ihrer im
immer in indem innerhalb insbesondere insgesamt ist jede jedem jeden jeder jedes jedoch kann kein keine keinem keinen
keiner können könnte konnte konnten liegt machen mehr meist meisten mit mittels möglich möglichen muss müssen nach
nachdem neben neue neuen neuer neues nicht nichts noch nun nur ob oder ohne sehr seien sein seine seinem seinen seiner
seit selbst sich sie sind so sodass sogar solche solchen solcher sollte sollten somit sondern sowie sowohl statt über
um und uns unser unsere unter untersucht verschiedene verschiedenen viel viele vielen vom von vor war waren was weil
weitere weiteren welche welchem welchen welcher wenn werden wer wie wieder wir wird wo wobei worden wurde wurden
während wegen zeigen zeigt zeigte zeigten zu zum zur zwar zwei drei zwischen durchgeführt vorgestellt beschrieben
dargestellt
"""

_FRENCH = """
fondé fondée fondés fondées basé basée basés basées plusieurs multiple multiples façon façons ainsi chaque
à afin ai ainsi alors après assez au aucun aucune aujourd'hui aussi autre autres aux avant avec avoir beaucoup car ce
cela celle celles celui cependant ces cet cette ceux chaque chez ci comme comment contre d dans de depuis des deux
doit doivent donc dont du elle elles en encore enfin entre est et étaient était étant été être eux fait faire faut
font grâce hors ici il ils j je jusqu jusque l la laquelle le lequel les lesquelles lesquels leur leurs lors lorsque
lui m ma mais malgré me même mêmes mes moins mon n ne ni non nos notamment notre nous on ont or ou où outre par parce
parfois parmi pas pendant permet permettent peu peut peuvent plus plusieurs plutôt pour pourquoi puis qu quand que
quel quelle quelles quels qui quoi s sa sans sauf se selon sera seront ses si sinon soit son sont sous souvent suivant
sur ta tandis tant te tel telle telles tels tes toi ton tous tout toute toutes très trois trop tu un une vers via
voici voilà vos votre vous y nouvelle nouveau nouveaux nouvelles grand grande grands premier première avons présentons
présente proposons propose montrons montre montrent étudions décrit basée basé réalisée réalisé
"""

_SPANISH = """
a además al algo algún alguna algunas alguno algunos ambos ante antes aquel aquella así aun aunque bajo bien cada casi
como con contra cual cuales cualquier cuando cuanto de debe deben del desde después donde dos durante e el él ella
ellas ellos en entre era eran es esa esas ese eso esos esta está están estas este esto estos fue fueron gran grandes
ha había haber habían hace hacia han hasta hay la las le les lo los luego más me mediante menos mi mientras mis mismo
misma mucho muchos muy nada ni no nos nosotros nuestra nuestro nuestras nuestros nueva nuevas nuevo nuevos o os otra
otras otro otros para pero poco por porque primer primera puede pueden pues que qué quien quienes se sea sean según
ser si sí sido siempre sin sino sobre son su sus tal también tan tanto te tenía tiene tienen toda todas todo todos
tras tres tu tus u un una unas uno unos y ya yo realizó realizado presenta presentan encontró observó mostró mostraron
permite través
"""

_PORTUGUESE = """
a à ainda além algum alguma algumas alguns ambos ante antes ao aos apenas após aquela aquele aqui as às assim até bem
cada com como contra cuja cujo da das de dela dele deles depois desde dessa desse desta deste do dois dos duas durante
e é ela elas ele eles em embora enquanto entre era eram essa essas esse esses esta está estão estas este estes eu foi
foram for grande grandes há isso isto já lhe lo maior maioria mais mas me mediante menos mesma mesmo meu muito muitos
na não nas nem nenhum no nos nós nossa nosso nova novas novo novos num numa o onde ou os outra outras outro outros
para pela pelas pelo pelos pode podem pois por porque porém primeira primeiro qual quais quando quanto que quem são se
seja sem sempre sendo ser será seu seus si sido sob sobre sua suas tal também tanto tem têm ter teve tinha toda todas
todo todos três tudo um uma umas uns você realizado apresenta apresentam através foram observou mostrou
"""

_ITALIAN = """
a ad agli ai al alcune alcuni all alla alle allo altre altri altro anche ancora anzi appena attraverso avere c che chi
ci ciò ciascun ciascuno coi col come con contro così cui d da dagli dai dal dall dalla dalle dallo degli dei del dell
della delle dello dentro di dopo dove due dunque durante e è ed entro era erano essere essi fa fino fra furono gli
grande ha hanno i il in infine infatti inoltre io l la le lei li lo loro lui ma maggior maggiore me meno mentre mi mia
molti molto molte ne negli nei nel nell nella nelle nello noi non nostra nostro nuova nuove nuovi nuovo o ogni oltre
oppure per perché però più poi poiché possono presso prima primo può qua qual quale quali quando quanto quasi quattro
quella quelle quelli quello quest questa queste questi questo qui quindi se secondo sempre senza si sia siano sono
sopra sotto stata state stati stato su sua sue sugli sui sul sull sulla sulle sullo suo suoi tale tali tanto tra
tramite tre tutta tutte tutti tutto un una uno v verso vi via viene vengono presenta presentiamo mostra mostrano
studiato
"""

_DUTCH = """
aan af al alle alleen als altijd ander andere anders bij binnen boven daar daarbij daarom dan dat de deze die dit doch
doen door dus echter een eerste elk elke en enige enkele er erg ge geen geven geweest haar had hadden heb hebben heeft
het hem hen hier hij hoe hun iets ik in indien is ja je kan kunnen kon konden maar maken meer meest men met mij mijn
moet moeten na naar niet niets nieuwe nog nu of om omdat onder ons onze ook op over per reeds sinds sommige steeds te
tegen terwijl tijdens toch toen tot tussen twee uit uw van vanaf vanuit veel verder verschillende via vele volgens
voor vooral waar waarbij waarin waren was wat we wel welke werd werden wordt worden wie wij zal ze zeer zelf zich zij
zijn zo zoals zonder zou zouden blijkt laat beschreven onderzocht grote
"""

STOP: Mapping[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "fr": frozenset(_FRENCH.split()),
    "es": frozenset(_SPANISH.split()),
    "pt": frozenset(_PORTUGUESE.split()),
    "it": frozenset(_ITALIAN.split()),
    "nl": frozenset(_DUTCH.split()),
}
ANY_STOP = frozenset[str]().union(*STOP.values())

LINKS: Mapping[str, frozenset[str]] = {
    "en": frozenset(["of"]),
    "fr": frozenset(["de", "du", "des", "d", "à", "la", "l"]),
    "es": frozenset(["de", "del", "la", "las", "los"]),
    "pt": frozenset(["de", "do", "da", "dos", "das"]),
    "it": frozenset(["di", "del", "dell", "della", "delle", "dei", "degli", "dello"]),
    "nl": frozenset(["van"]),
}

_WEAK_ENGLISH = """
cohort cohorts therein validation
ability abstract accuracy activities activity additional advance advances advantage advantages advent age ages aim al
alternative amount analyses analysis analytical announcement approach approaches appropriate area areas article
articles aspect assessment assumption assumptions attention author authors available average background baseline basis
behavior behaviour benefit benefits big build calculations capability case cases cause causes century challenge
challenges change changes characteristic characteristics choice circumstances class clinical cm collection combination
comment commentary comments common community comparable comparative comparison complex component components
comprehensive concept concepts conclusion conclusions condition conditions consequence consequences considerable
consideration considerations contents context contribution contributions control controls copyright correction
correlation correspondence corrigendum cover criteria criterion current data day day-to-day days decade decades
decrease degree demand description detail detailed details development difference differences different difficult
difficulties dimension direction directions discussion distinct doi domain domains dramatic early easy editor
editorial effect effective effectiveness effects efficacy efficient effort efforts element elements empirical end
end-to-end entire environment eq equation erratum error errors et evaluation event events evidence evidence-based
example examples existence experience experiment experimental experimental_results experiments expert explanation
exploration expression extension extensive extent fact factor factors fail false feasible feature features field
fields fig figure figures finding findings focus foreword form formation forms formula foundation framework frequency
full function functions fundamental future gain general goal goals good great group groups growth guideline guidelines
half hand hard high high-level higher highest hour hours http https hypotheses hypothesis idea ideal ideas
identification illustration impact implementation implication implications importance important improvement
improvements incidence increase index indication individual individuals influence influences information initial input
insight insights intensity interest interesting interests intermediate introduction investigation investigations issue
issues item items joint journal key kg kind kinds knowledge lack large larger largest latest lead learned least left
letter letters level levels limit limitation limitations limits line lines list literature ll long longer low lower
lowest main major material materials mean means measure measurement measurements measures mechanism mechanisms median
meta method methodology methods mg min minor minutes ml mm mode model models modern month months multiple nature
necessary need needs news next non notion novel null number numbers numerous obituary object objective objectives
objects observation observational observations occurrence odds one-year open open-source operation opinion
opportunities opportunity option options order original outcome outcomes output overview page pages pair paper papers
paradigm parameter parameters part participant participants particle parts past patient patients pattern patterns
people percent percentage performance period periods person persons perspective perspectives phase phenomena
phenomenon place point points population populations position possibility possible potential practical practice
practices predictor preface preliminaries preliminary presence presentation prevalence previous primary principle
principles probability problem problems procedure procedures process processes product products program project
promising proof properties property proportion proposal proposed prospective purpose purposes quality quantity
question questions range ranges rate rates ratio real reason reasons recent reduction reference references regard
region regions related relation relations relationship relationships relevance relevant reply report reports request
requirement requirements research researcher researchers resource response responses result results retracted
retraction retrospective review reviews right rights risk role roles rule rules safety sample samples scale scenario
scenarios scheme schemes science scientific scientist scientists scope score scores sec section selection sense series
set sets setting settings short shortcoming shorter show side significance significant similar simple simplicity
single site sites situation situations size small smaller smallest society solution solutions sort source sources
space special specific stage standard standards state state-of-the-art states step steps strategies strategy strength
structure structures student students studies study subject subjects success successful sufficient suggestion suitable
summary support survey symptom symptoms system systems table tables target targets task tasks technical technique
techniques technology term terms test tests theoretical theory theses thesis thing things time times title tool tools
topic topics total traditional treatment trend trends trial trials true type types typical unable understanding unit
units user users utility utilization validity value values variable variables variation variations variety version
versions view viewpoint views way ways week weeks well-known wide word words work works world www year year-old years
"""
# Phrases that indexes are full of and that tell readers nothing about this article.
EMPTY = """
medline; pubmed; embase; psycinfo; cinahl; cochrane library; cochrane; google scholar; scopus; web of science;
placebo; statistical analysis; statistical significance; confidence interval; odds ratio; hazard ratio; p value; mean
age; standard deviation; telecommunications; inclusion criteria; exclusion criteria; data collection; data extraction;
risk ratio; follow up; united states; future work; future research; experimental results; numerical results;
simulation results; case study; significant difference; control group; regression analysis; full text; real world;
state of the art; wide range; preprint
""".replace("\n", " ").split(";")

_WEAK_OTHER = """
studie studien ergebnis ergebnisse methode methoden ziel ziele hintergrund patienten patient schlussfolgerung fazit
arbeit jahre jahren untersuchung untersuchungen beitrag daten vergleich analyse einleitung zusammenfassung rahmen
fragen frage bereich étude études résultat résultats méthode méthodes objectif objectifs contexte conclusion
conclusions patients patient travail article analyse données introduction résumé but cadre problème système approche
estudio estudios resultado resultados método métodos objetivo objetivos conclusión conclusiones pacientes paciente
trabajo artículo análisis datos introducción resumen años antecedentes material materiales uso estudo estudos método
métodos objetivo objetivos conclusão conclusões pacientes paciente trabalho artigo análise dados introdução resumo
anos uso studio studi risultato risultati metodo metodi obiettivo obiettivi conclusione conclusioni pazienti paziente
lavoro articolo analisi dati introduzione riassunto anni scopo resultaat resultaten methode methoden doel doelstelling
achtergrond conclusie conclusies patiënten patiënt onderzoek artikel gegevens inleiding samenvatting jaar analyse
editorial éditorial editoriale
"""
WEAK: Mapping[str, frozenset[str]] = {
    "en": frozenset(_WEAK_ENGLISH.split()),
    "": frozenset(_WEAK_OTHER.split()) | frozenset(_WEAK_ENGLISH.split()),
}
